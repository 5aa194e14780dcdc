"""Messages between members."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass
class Message:
    """One message on its way."""

    sender: str
    recipient: str
    text: str
    urgent: bool = False


def preview(message: Message, most: int = 20) -> str:
    """The first words, for a notification."""
    return message.text if len(message.text) <= most else f"{message.text[: most - 1]}…"
