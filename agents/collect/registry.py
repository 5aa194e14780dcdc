"""The polled sources; a new one is a file beside this one and a line here."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from agents.collect import Source
from agents.config import Settings

if TYPE_CHECKING:
    from agents.collect.tracker import Tracker


def _github(settings: Settings) -> Tracker | None:
    from agents.collect.github import GithubSource

    return GithubSource(settings.github) if settings.github.repositories else None


def _linear(settings: Settings) -> Tracker | None:
    from agents.collect.linear import LinearSource

    return LinearSource(settings.linear) if settings.linear.teams else None


def _zendesk(settings: Settings) -> Tracker | None:
    from agents.collect.zendesk import ZendeskSource

    return ZendeskSource(settings.zendesk) if settings.zendesk.subdomain else None


_TRACKERS: dict[str, Callable[[Settings], Tracker | None]] = {
    "github": _github,
    "linear": _linear,
    "zendesk": _zendesk,
}


def trackers(settings: Settings) -> list[Tracker]:
    """The trackers of tickets that settings switch on."""
    return [made for make in _TRACKERS.values() if (made := make(settings)) is not None]


def polled(settings: Settings) -> list[Source]:
    """The polled sources that settings switch on."""
    sources: list[Source] = []
    if settings.health.check:
        from agents.collect.health import HealthSource

        sources.append(HealthSource(settings.health))
    return [*sources, *trackers(settings)]


def names(settings: Settings) -> list[str]:
    """The names of the polled sources."""
    return [source.name for source in polled(settings)]


def bots(settings: Settings) -> frozenset[str]:
    """The trackers in which what programs write counts too."""
    return frozenset(name for name in _TRACKERS if getattr(settings, name).bots)
