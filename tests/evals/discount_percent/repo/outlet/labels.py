"""Labels on the shelf."""

from __future__ import annotations


def percent(text: str) -> float:
    """Percent off, as the supplier's file has it: 12 for `12`."""
    return float(text)


def reduced(cents: int, text: str) -> int:
    """The price on the label."""
    return round(cents * (100 - percent(text)) / 100)
