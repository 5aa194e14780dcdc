"""Queues by tenant and kind."""

from __future__ import annotations

from bus.messages import kind


def queue(message: dict) -> str:
    """The queue a message goes to."""
    return message["headers"]["tenant"] + "." + kind(message)
