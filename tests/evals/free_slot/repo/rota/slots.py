"""When a room is free."""

from __future__ import annotations

from rota.bookings import booked

OPENS, CLOSES = 8, 20


def last_end(room: dict) -> int | None:
    """The hour at which the last booking ends; None when nothing is booked."""
    return max(booking["until"] for booking in booked(room))


def free_from(room: dict) -> int:
    """The hour from which the room stays free today."""
    last = last_end(room)
    return OPENS if last is None else last


def hours_left(room: dict) -> int:
    """Hours that can still be booked behind the last booking."""
    return CLOSES - free_from(room)
