"""When growth calls for another look, and how growth is shown."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from agents.models import Report, Status
from agents.rights import CLAIMS

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


def _bucket(at: datetime) -> int:
    return int(at.timestamp() // _BUCKET.total_seconds())


def trend(known: list[int], until: datetime | None, times: Iterable[datetime], last: datetime) -> list[int]:
    """Counts in the twelve two-hour buckets that end with the one of `last`, oldest first.

    Args:
        known: the counts so far, empty when there are none.
        until: the newest time in `known`.
        times: what comes on top.
        last: the newest time of all.
    """
    counts = [0] * _BUCKETS
    newest = _bucket(last)
    if known and until is not None:
        shift = newest - _bucket(until)
        for position, count in enumerate(known):
            if 0 <= position - shift < _BUCKETS:
                counts[position - shift] += count
    for at in times:
        position = _BUCKETS - 1 - (newest - _bucket(at))
        if position >= 0:
            counts[position] += 1
    return counts


def reopens(report: Report) -> bool:
    """Whether any new signal opens a declined report again: one declined by a claim, which it contradicts."""
    return report.status is Status.DECLINED and report.declined_as in CLAIMS
