"""Passing messages on."""

from __future__ import annotations

from bus.routes import queue


def dispatch(messages: list[dict]) -> dict[str, int]:
    """How many went to each queue."""
    counts: dict[str, int] = {}
    for message in messages:
        counts[queue(message)] = counts.get(queue(message), 0) + 1
    return counts
