"""How fast somebody is."""

from __future__ import annotations

from statistics import mean

from circuit.laps import clean


def pace(laps: list[dict]) -> float | None:
    """The mean of the laps that count."""
    times = clean(laps)
    return mean(times)


def line(driver: str, laps: list[dict]) -> str:
    """A line of the screen at the pit wall."""
    found = pace(laps)
    return f"{driver} –" if found is None else f"{driver} {found:.1f}"
