"""Sections, filter, order: which reports the list shows, kept true by the change feed."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from agents.inbox import SORTS, First, Refused
from agents.text import one_line
from loop_tui.soon import Soon
from loop_tui.start import FIRST
from loop_tui.widgets.words import Span, width

if TYPE_CHECKING:
    from loop_tui.screens.main import MainScreen

Json = dict[str, Any]
_TYPING = 0.08  # seconds without a key before a filter is looked up
_MOVES = ("status", "priority", "snoozed_until", "snooze_condition", "claimed_by", "unread", "suppressed")


class Browse:
    """The list of one main screen."""

    def __init__(self, screen: MainScreen) -> None:
        self._screen = screen
        self.section = 0
        self.search = ""
        self._sorts: dict[str, str] = {}  # section → the order chosen for it
        self.counts: dict[str, int] = {}
        self._loading = asyncio.Lock()
        self._soon = Soon(self._again)

    @property
    def key(self) -> str:
        """The section's name in commands."""
        return self._screen.inbox.sections[self.section].key

    @property
    def sort(self) -> str:
        """The order in force."""
        section = self._screen.inbox.sections[self.section]
        return self._sorts.get(section.key, section.sort)

    # Content -------------------------------------------------------------------------------------------------

    def list_first(self, first: First) -> None:
        """The first picture: the first reports and all numbers."""
        screen = self._screen
        self.counts = first.counts
        with screen.app.batch_update():
            screen.rows.replace(first.ids, first.cards, keep=False)
            self.say_sections()
            screen.place_panes()

    async def complete(self) -> None:
        """The whole order, where the first picture has but the start of it."""
        if len(self._screen.rows.order) < self.counts[self.key]:
            await self._fill(keep=True)

    async def reload(self, *, keep: bool = True) -> None:
        """Read the section again; with `keep` the cursor stays on its report."""
        await self._fill(keep=keep)
        self.counts = await self._screen.inbox.counts()
        self.say_sections()

    async def _fill(self, *, keep: bool) -> None:
        screen = self._screen
        async with self._loading:
            try:
                ids = await screen.inbox.ids(self.key, self.search, self.sort)
            except Refused as error:
                screen.say_trouble(str(error))
                return
            screen.say_trouble("")
            cards = [] if keep else await screen.inbox.cards(ids[:FIRST])
            if not ids:
                await screen.refresh_empty()
            with screen.app.batch_update():  # one picture of all of it
                screen.rows.replace(ids, cards, keep=keep)
                self.say_sections()
                screen.place_panes()

    async def fetch(self, ids: list[int]) -> None:
        """Read cards that come into sight."""
        self._screen.rows.patch(await self._screen.inbox.cards(ids))

    async def changed(self, ids: set[int]) -> None:
        """Patch what changed in place; read the order again where a report may have come, gone or moved."""
        rows = self._screen.rows
        known = [one for one in ids if rows.get(one)]
        fresh = await self._screen.inbox.cards(known)
        moved = bool(self.search) or len(known) < len(ids - {0})
        for card in fresh:
            before = rows.get(card["id"])
            moved = moved or (before is not None and any(before[name] != card[name] for name in _MOVES))
        rows.patch(fresh)
        if moved or not rows.order:
            self._screen.loop_app.do(self._soon.ask(), group="order")

    async def _again(self) -> None:
        await self.reload()
        await self._screen.status.refresh()

    # Saying --------------------------------------------------------------------------------------------------

    def say_sections(self) -> None:
        """The line of sections: those that fit around the one shown."""
        screen = self._screen
        labels = [
            f" {one_line(section.label, 20)} {self.counts.get(section.key, 0):,} " for section in screen.inbox.sections
        ]
        right: list[Span] = [(f"/{one_line(self.search, 30)} ", "accent")] if self.search else []
        if self.sort != screen.inbox.sections[self.section].sort:
            right.append((f"by {self.sort} ", "dim"))
        room = screen.app.size.width - 4 - sum(width(text) for text, _ in right)
        low = high = self.section
        used = width(labels[self.section])
        while True:
            after = high + 1 < len(labels) and used + width(labels[high + 1]) <= room
            before = low > 0 and used + width(labels[low - 1]) <= room
            if not after and not before:
                break
            if after:
                high += 1
                used += width(labels[high])
            if before and used + width(labels[low - 1]) <= room:
                low -= 1
                used += width(labels[low])
        spans: list[Span] = [("‹", "dim")] if low else [(" ", "")]
        spans += [(labels[place], "tab" if place == self.section else "dim") for place in range(low, high + 1)]
        if high + 1 < len(labels):
            spans.append(("›", "dim"))
        screen.bar("sections").say(spans, right)

    # Keys ----------------------------------------------------------------------------------------------------

    def show(self, place: int) -> None:
        """Show a section by its place."""
        sections = self._screen.inbox.sections
        if not 0 <= place < len(sections):
            self._screen.loop_app.tell(f"There are {len(sections)} sections.", warn=True)
            return
        self.section = place
        self._screen.close_report()
        self.say_sections()
        self._screen.loop_app.do(self.reload(keep=False), group="list")

    def goto(self, key: str) -> None:
        """Show a section by its key."""
        self.show([section.key for section in self._screen.inbox.sections].index(key))

    def do_next_section(self) -> None:
        """The next one, after the last the first."""
        self.show((self.section + 1) % len(self._screen.inbox.sections))

    def do_prev_section(self) -> None:
        """The one before."""
        self.show((self.section - 1) % len(self._screen.inbox.sections))

    def order_by(self, sort: str) -> None:
        """Show the section in another order."""
        self._sorts[self.key] = sort
        self._screen.loop_app.do(self.reload(keep=False), group="list")

    def do_sort(self) -> None:
        """The next order."""
        self.order_by(SORTS[(SORTS.index(self.sort) + 1) % len(SORTS)])

    def filter_by(self, text: str, *, typing: bool = False) -> None:
        """Show only what the line finds; while it is typed, after a moment."""
        if text == self.search:
            return
        self.search = text

        async def look() -> None:
            if typing:
                await asyncio.sleep(_TYPING)
            await self.reload(keep=False)

        self._screen.loop_app.do(look(), group="list")

    async def go_to(self, report_id: int) -> None:
        """Put the cursor on a report, in this section or else among all."""
        rows = self._screen.rows
        if rows.select(report_id):
            return
        self.search = ""
        self.section = [section.key for section in self._screen.inbox.sections].index("all")
        await self.reload(keep=False)
        if not rows.select(report_id):
            raise Refused(f"There is no report {report_id}.")
