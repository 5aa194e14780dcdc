"""Stays of cars."""

from __future__ import annotations


def hours(stay: dict) -> int:
    """Hours begun."""
    return -(-stay["minutes"] // 60)
