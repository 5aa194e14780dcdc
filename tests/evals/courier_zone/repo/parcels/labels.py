"""Labels for the printer."""

from __future__ import annotations

from parcels.rates import rate


def label(parcel: dict) -> str:
    """The line with the postage."""
    area = parcel["postcode"][:2]
    return f"{parcel['postcode']} {rate(area, parcel['grams']) / 100:.2f}"
