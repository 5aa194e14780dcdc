"""The chart on the wall."""

from __future__ import annotations


def last_point(degrees: list[float]) -> float:
    """The height of the last point; the chart draws nothing as 0."""
    return degrees[-1] if degrees else 0
