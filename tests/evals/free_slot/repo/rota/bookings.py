"""Bookings of a room, as half-open ranges of hours."""

from __future__ import annotations


def booked(room: dict) -> list[dict]:
    """The bookings of a room that stand."""
    return [b for b in room["bookings"] if not b.get("cancelled", False)]


def hours(booking: dict) -> int:
    """How long a booking is."""
    return booking["until"] - booking["since"]
