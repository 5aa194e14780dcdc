"""Which old backups may go: all that end before the newest good one, less those that are pinned."""

from __future__ import annotations

from backups.log import finished


def newest(log: list[dict]) -> int:
    """The day of the newest good backup."""
    return max(entry["day"] for entry in finished(log))


def prunable(log: list[dict]) -> list[str]:
    """Names of the backups that may be deleted."""
    limit = newest(log)
    return [entry["name"] for entry in log if entry["day"] < limit and not entry["pinned"]]
