"""The monthly report; hours without a probe (maintenance) count as nothing, by contract."""

from __future__ import annotations

from uptime.probes import answered


def slow_share(probes: list[dict]) -> float:
    """Percent of the probes that were slow."""
    total = len(probes)
    if total == 0:
        return 0.0
    return round(100 * (total - answered(probes)) / total, 1)


def answered_share(probes: list[dict]) -> float:
    """Percent of the probes that were answered."""
    total = len(probes)
    return round(100 * answered(probes) / total, 1)


def summary(hours: list[list[dict]]) -> list[tuple[float, float]]:
    """Both shares, hour by hour."""
    return [(answered_share(probes), slow_share(probes)) for probes in hours]
