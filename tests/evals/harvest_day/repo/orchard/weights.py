"""What was weighed."""

from __future__ import annotations

from datetime import date, datetime


def picked_on(row: dict, region: str) -> date:
    """The day of a row of the scales."""
    return datetime.strptime(row["day"], "%Y-%m-%d").date()


def per_day(rows: list[dict], region: str) -> dict[date, int]:
    """Kilograms of each day."""
    found: dict[date, int] = {}
    for row in rows:
        day = picked_on(row, region)
        found[day] = found.get(day, 0) + row["kg"]
    return found
