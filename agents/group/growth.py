"""When growth calls for another look, and how growth is shown."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from agents.models import Report, Status

_BUCKETS = 12
_BUCKET = timedelta(hours=2)


def next_step(count: int) -> int:
    """The next of 1, 2, 4, 10, 20, 40, 100, … after `count`."""
    step = 1
    while True:
        for factor in (1, 2, 4):
            if step * factor > count:
                return step * factor
        step *= 10


def trend(times: Iterable[datetime], last: datetime) -> list[int]:
    """How many of the times fall in each of the twelve two-hour buckets that end at `last`, oldest first."""
    counts = [0] * _BUCKETS
    for at in times:
        age = int((last - at) / _BUCKET)
        if 0 <= age < _BUCKETS:
            counts[_BUCKETS - 1 - age] += 1
    return counts


def reopens(report: Report) -> bool:
    """Whether a declined report is opened again by new evidence: one declined by a claim, not by a preference."""
    return report.status is Status.DECLINED and report.status_reason.startswith("claim:")
