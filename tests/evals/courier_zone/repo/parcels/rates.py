"""What a parcel costs."""

from __future__ import annotations

from parcels.zones import FAR, NEAR, ZONES

BASE = {"city": 390, "ring": 590, "remote": 1190}


def rate(area: str, grams: int) -> int:
    """The price in cents of a parcel to a postcode area."""
    return BASE[ZONES[area]] + 50 * (grams // 1000)


def cheapest() -> int:
    """The least that a parcel costs in the ring or beyond."""
    return min(BASE[NEAR], BASE[FAR])
