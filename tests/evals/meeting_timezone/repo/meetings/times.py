"""Times; without an offset they are UTC."""

from __future__ import annotations

from datetime import UTC, datetime


def as_utc(text: str) -> datetime:
    """A time from ISO 8601 text, in UTC."""
    found = datetime.fromisoformat(text)
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
