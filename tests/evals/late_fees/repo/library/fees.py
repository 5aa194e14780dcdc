"""Late fees in cents."""

from __future__ import annotations

from library.loans import days_late


def fee(loan: dict, today: int) -> int:
    """20 cents a day, and 50 for each renewal of a late book."""
    late = days_late(loan, today)
    if not late:
        return 0
    return 20 * late + 50 * loan["renewals"]
