"""The gate's display."""

from __future__ import annotations

from parking.fees import fee


def display(stay: dict) -> str:
    """What the driver reads."""
    return f"{stay['plate']}: {fee(stay) / 100:.2f}"
