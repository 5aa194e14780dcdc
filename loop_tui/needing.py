"""Which reports newly need a person: what news is made of, on the screen and line by line."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from agents.inbox import Inbox
from agents.text import one_line
from loop_tui.widgets.words import status

Json = dict[str, Any]


class Needing:
    """The reports that need a person, followed by the change feed.

    Args:
        inbox: the project, as one person sees it.
    """

    def __init__(self, inbox: Inbox) -> None:
        self._inbox = inbox
        self._known: set[int] | None = None

    async def begin(self) -> None:
        """Look once; what needs a person already is no news."""
        self._known = set(await self._inbox.ids("needs_you"))

    async def news(self, changed: Iterable[int]) -> list[int]:
        """Of the reports that changed, those that need a person now and did not before.

        What this person brought about is no news to them.
        """
        if self._known is None:
            return []
        changed = set(changed) - {0}
        now = await self._inbox.needing(changed)
        fresh = [one for one in sorted(now.keys() - self._known) if now[one] != self._inbox.who]
        self._known = (self._known - changed) | now.keys()
        return fresh

    def still(self, reports: Iterable[int]) -> list[int]:
        """Those of the reports that need a person still."""
        return [one for one in reports if self._known is not None and one in self._known]


def sentence(cards: Sequence[Json]) -> str:
    """The news in one sentence."""
    if not cards:
        return ""
    first = cards[0]
    about = f"{one_line(first['title'], 120)} ({status(first)[1]})"
    if len(cards) == 1:
        return f"Report {first['id']} needs you: {about}"
    return f"{len(cards):,} reports need you, the first is {first['id']}: {about}"
