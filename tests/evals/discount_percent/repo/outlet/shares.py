"""Shares as fractions of one."""

from __future__ import annotations


def share(text: str) -> float:
    """`12%` as 0.12."""
    return float(text.rstrip("% ")) / 100
