"""Probes of a service in one hour."""

from __future__ import annotations


def answered(probes: list[dict]) -> int:
    """How many were answered in time."""
    return sum(1 for probe in probes if probe["ms"] is not None and probe["ms"] < 2000)
