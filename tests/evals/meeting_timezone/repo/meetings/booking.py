"""Booking a meeting."""

from __future__ import annotations

from meetings.calendar import overlap


def book(meeting: dict, booked: list[dict]) -> bool:
    """Add a meeting unless it clashes; whether it was added."""
    if any(overlap(meeting, other) for other in booked):
        return False
    booked.append(meeting)
    return True
