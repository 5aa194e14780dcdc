"""Lap times in seconds."""

from __future__ import annotations


def clean(laps: list[dict]) -> list[float]:
    """The times of laps that count."""
    return [lap["seconds"] for lap in laps if not lap["pit"]]
