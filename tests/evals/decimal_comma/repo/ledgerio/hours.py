"""Hours of freelancers, from the time sheets they upload."""

from __future__ import annotations


def billable_hours(sheet: dict) -> float:
    """Hours on a sheet: `{"country": "de", "entries": [{"task": …, "hours": "1.5"}]}`."""
    return sum(entry_hours(entry, sheet["country"]) for entry in sheet["entries"])


def entry_hours(entry: dict, country: str) -> float:
    """Hours of one entry, as the export of that country writes them."""
    return float(entry["hours"])
