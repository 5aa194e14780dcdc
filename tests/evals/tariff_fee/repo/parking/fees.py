"""Fees in cents."""

from __future__ import annotations

from parking.stays import hours


def fee(stay: dict) -> int:
    """What a stay costs."""
    if stay["tariff"] == "day":
        per_hour = 200
    elif stay["tariff"] == "night":
        per_hour = 80
    return hours(stay) * per_hour
