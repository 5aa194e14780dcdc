"""Amounts as banks write them."""

from __future__ import annotations


def parse_amount(text: str) -> float:
    """An amount of a statement, positive for money coming in."""
    sign = -1 if text.endswith("DR") else 1
    digits = text.removesuffix("DR").removesuffix("CR").strip()
    return sign * float(digits)
