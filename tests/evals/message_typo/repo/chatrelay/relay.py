"""Passing messages on."""

from __future__ import annotations

from chatrelay.messages import Message, preview
from chatrelay.routing import channel, topic


def envelope(message: Message) -> dict:
    """What goes to the broker."""
    return {"topic": topic(message), "channel": channel(message), "preview": preview(message)}
