"""A room that passes texts on."""

from __future__ import annotations

from rooms.members import Gone, Member


class Room:
    """Everybody in it gets every text."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.members: dict[str, Member] = {}

    def join(self, member: Member) -> None:
        """Let somebody in."""
        self.members[member.name] = member

    def leave(self, name: str) -> None:
        """Let somebody out."""
        self.members.pop(name, None)

    def broadcast(self, text: str) -> int:
        """Send to all; who is gone leaves. Returns how many got it."""
        count = 0
        for name, member in self.members.items():
            try:
                member.send(text)
                count += 1
            except Gone:
                self.leave(name)
        return count
