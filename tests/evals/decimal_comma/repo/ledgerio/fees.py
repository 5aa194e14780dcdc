"""What a sheet costs."""

from __future__ import annotations

from ledgerio.hours import billable_hours
from ledgerio.numbers import to_number


def fee(sheet: dict) -> float:
    """Hours times the hourly rate, in the sheet's currency."""
    rate = to_number(sheet["rate"], sheet["country"])
    return round(billable_hours(sheet) * rate, 2)
