"""A reader's account."""

from __future__ import annotations

from library.fees import fee


def owed(reader: dict, today: int) -> int:
    """All late fees of a reader."""
    return sum(fee(loan, today) for loan in reader["loans"])
