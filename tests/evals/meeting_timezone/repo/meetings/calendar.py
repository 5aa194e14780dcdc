"""Meetings and whether they overlap."""

from __future__ import annotations

from datetime import datetime

from meetings.times import as_utc


def ends(meeting: dict) -> datetime:
    """When a meeting ends."""
    return as_utc(meeting["until"])


def begins(meeting: dict) -> datetime:
    """When a meeting begins."""
    return datetime.fromisoformat(meeting["since"])


def overlap(left: dict, right: dict) -> bool:
    """Whether two meetings take place at the same time."""
    return begins(left) < ends(right) and begins(right) < ends(left)
