"""What clients ask for."""

from __future__ import annotations

from rooms.room import Room


def post(rooms: dict[str, Room], room: str, text: str) -> dict:
    """Post a text into a room."""
    return {"delivered": rooms[room].broadcast(text)}
