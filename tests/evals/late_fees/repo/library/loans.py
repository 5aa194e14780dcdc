"""Loans of books."""

from __future__ import annotations


def days_late(loan: dict, today: int) -> int:
    """Days behind the due day, 0 when in time."""
    return max(0, today - loan["due"])


def renewals(loan: dict) -> int:
    """How often it was renewed; old loans do not say."""
    count = loan.get("renewals")
    return count if count is not None else 0
