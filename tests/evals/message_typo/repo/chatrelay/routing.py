"""Which way a message goes."""

from __future__ import annotations

from chatrelay.messages import Message


def channel(message: Message) -> str:
    """`direct`, or `push` for what cannot wait."""
    return "push" if message.urgent else "direct"


def topic(message: Message) -> str:
    """The topic that the recipient's devices listen to."""
    if message.urgent:
        return f"push.{message.recipent}"
    return f"inbox.{message.recipient}"
