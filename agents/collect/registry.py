"""The sources that are polled; a new one is a file beside this one and a line here."""

from __future__ import annotations

from agents.collect import Source
from agents.config import Settings


def polled(settings: Settings) -> list[Source]:
    """The polled sources that settings switch on."""
    sources: list[Source] = []
    if settings.health.check:
        from agents.collect.health import HealthSource

        sources.append(HealthSource(settings.health))
    return sources
