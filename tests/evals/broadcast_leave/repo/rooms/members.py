"""Members of a chat room, by name, and what they got."""

from __future__ import annotations


class Gone(Exception):
    """The member's connection is closed."""


class Member:
    """One connection."""

    def __init__(self, name: str, online: bool = True) -> None:
        self.name = name
        self.online = online
        self.got: list[str] = []

    def send(self, text: str) -> None:
        """Deliver a text."""
        if not self.online:
            raise Gone(self.name)
        self.got.append(text)
