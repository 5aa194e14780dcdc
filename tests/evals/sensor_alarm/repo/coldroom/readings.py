"""Readings of a cold room's sensor, oldest first."""

from __future__ import annotations


def valid(raw: list[dict]) -> list[float]:
    """Degrees of the readings that the sensor calls valid."""
    return [reading["celsius"] for reading in raw if reading["ok"]]
