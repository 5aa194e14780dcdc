"""Zones of the courier by postcode area."""

from __future__ import annotations

ZONES = {"10": "city", "12": "city", "14": "ring", "15": "ring"}
NEAR, FAR = "ring", "remote"


def zone_for_pickup(area: str) -> str:
    """Where the van comes to; unlisted areas belong to the ring."""
    return ZONES.get(area, NEAR)


def zone_for_return(area: str) -> str:
    """Where returns come from; unlisted areas count as remote."""
    return ZONES.get(area, FAR)
