"""Days as each farm's scales write them."""

from __future__ import annotations

from datetime import date, datetime

FORMATS = {"north": "%Y-%m-%d", "south": "%d.%m.%Y"}


def day_of(text: str, region: str) -> date:
    """A day in the way of a region."""
    return datetime.strptime(text, FORMATS[region]).date()
