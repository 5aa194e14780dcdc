"""A line for the morning mail."""

from __future__ import annotations

from backups.log import finished


def oldest_day(log: list[dict]) -> int:
    """The day of the oldest good backup, today as a far future day when there is none."""
    return min((entry["day"] for entry in finished(log)), default=99999)


def newest_day(log: list[dict]) -> int:
    """The day of the newest entry of any kind; a far future day when the log is empty."""
    return max((entry["day"] for entry in log), default=99999)
