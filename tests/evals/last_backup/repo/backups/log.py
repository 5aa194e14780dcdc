"""The log of backups, oldest first."""

from __future__ import annotations


def finished(log: list[dict]) -> list[dict]:
    """The backups that came to an end."""
    return [entry for entry in log if entry["state"] == "done"]
