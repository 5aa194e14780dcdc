"""The report beside the list: its tabs, and the places in it that can be opened."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from textual.timer import Timer

from agents.inbox import Refused
from agents.text import one_line
from loop_tui.screens.help import Reader
from loop_tui.widgets import report as reports
from loop_tui.widgets.words import Span

if TYPE_CHECKING:
    from loop_tui.screens.main import MainScreen

Json = dict[str, Any]
REST = 0.12  # seconds the cursor rests on a report before it is shown: a key held down passes many
READ_AFTER = 1.5  # seconds it stands there before it counts as read; pictures put a longer time here


class Read:
    """The report of one main screen."""

    def __init__(self, screen: MainScreen) -> None:
        self._screen = screen
        self.tab = 0
        self.report: Json | None = None
        self._timer: Timer | None = None

    # Content -------------------------------------------------------------------------------------------------

    async def look(self) -> None:
        """Show the report under the cursor once the cursor rests, and have it read after a while."""
        await asyncio.sleep(REST)
        await self.load()
        if self._timer is not None:
            self._timer.stop()
        self._timer = self._screen.set_timer(READ_AFTER, self._stood)

    def _stood(self) -> None:
        if self._screen.reading:
            self._screen.loop_app.do(self.mark_read(), group="read")

    async def load(self, *, keep: bool = False) -> None:
        """Read the report under the cursor and show it."""
        here = self._screen.rows.here
        if here is None:
            self.report = None
            return
        try:
            report = await self._screen.inbox.report(here)
        except Refused:
            return  # it went while the cursor came
        if self._screen.rows.here != report["id"]:
            return
        same = self.report is not None and self.report["id"] == report["id"]
        self.report = report
        await self.show_tab(keep=keep or same)
        await self._screen.inbox.look_at(report["id"])

    async def mark_read(self) -> None:
        """What was looked at is no news any more."""
        card = self._screen.rows.selected
        if card is not None and card["unread"]:
            await self._screen.inbox.mark_read(card["id"])

    async def show_tab(self, *, keep: bool = False) -> None:
        """Show the tab of the report that is read."""
        report = self.report
        if report is None:
            return
        name = reports.TABS[self.tab]
        screen = self._screen
        screen.bar("title").say(reports.title(report))
        screen.bar("facts").say(reports.facts(report))
        self.say_tabs()
        await screen.text.show_tab(screen.inbox, report, name, keep=keep)

    def say_tabs(self) -> None:
        """The names of the tabs, as many of their words as there is room for."""
        report, bar = self.report, self._screen.bar("tabs")
        if report is None:
            return
        if self._screen.reading and not bar.size.width:  # in sight and not laid out yet
            self._screen.call_after_refresh(self.say_tabs)
            return
        room = bar.size.width or self._screen.app.size.width
        full, plain = reports.tab_names(report), list(reports.TABS)
        wanted = [plain[place] if place == self.tab else plain[place][:4] for place in range(len(plain))]
        for names, pad in ((full, "  "), (plain, "  "), (plain, " ")):
            if sum(len(name) + len(pad) for name in names) + 2 <= room:
                wanted = names
                break
        else:
            pad = " "
        spans: list[Span] = []
        for place, name in enumerate(wanted):
            text = f" {name} " if len(pad) == 2 else name
            spans.append((text, "tab" if place == self.tab else "dim"))
            if len(pad) == 1:
                spans.append((pad, ""))
        bar.say(spans)

    # Keys ----------------------------------------------------------------------------------------------------

    def do_open(self) -> None:
        """Give the keys to the report."""
        if self._screen.rows.order:
            self._screen.open_report()
            self._screen.loop_app.do(self.mark_read(), group="read")

    def do_target(self) -> None:
        """Look at the code a line names, or unfold it."""
        self._screen.text.open_here()

    def do_next_target(self) -> None:
        """To the next line that opens."""
        self._screen.text.choose(1)

    def do_prev_target(self) -> None:
        """To the line before that opens."""
        self._screen.text.choose(-1)

    def do_edit(self) -> None:
        """Open the place in the editor."""
        self._screen.text.edit_here()

    def do_next_tab(self, step: int = 1) -> None:
        """Another view of the report."""
        self.tab = (self.tab + step) % len(reports.TABS)
        self._screen.loop_app.do(self.show_tab(), group="tab")

    def do_prev_tab(self) -> None:
        """The view before."""
        self.do_next_tab(-1)

    def do_diff(self) -> None:
        """Read the change line by line."""
        screen = self._screen

        async def show() -> None:
            here = screen.rows.here
            if here is None:
                raise Refused("Select a report first.")
            report = await screen.inbox.report(here)
            diff = await screen.inbox.diff(report["id"])
            if not diff:
                raise Refused(
                    "The change is still being built; there is nothing to read yet."
                    if report["change"]
                    else "There is no change to read yet."
                )
            from loop_tui.screens.diff import DiffScreen  # its parts are slow to import and not needed for the list

            screen.app.push_screen(DiffScreen(report, diff))
            await self.mark_read()

        screen.loop_app.do(show())

    async def do_outside(self) -> None:
        """Open the change where it is hosted."""
        change = (self.report or {}).get("change") or {}
        if not str(change.get("url") or "").startswith(("https://", "http://")):
            raise Refused("This report has nothing to open outside: its change is in your own repository.")
        self._screen.app.open_url(change["url"])

    async def do_funnel(self) -> None:
        """Where the signals went."""
        screen = self._screen
        funnel = await screen.inbox.funnel() | {"running": screen.browse.counts.get("running", 0)}
        lines = reports.where(funnel, screen.inbox.dsn)
        screen.app.push_screen(Reader("Where the signals went", lines))

    def do_copy(self) -> None:
        """The report's number and title, to the clipboard of the terminal one sits at (OSC 52)."""
        card = self._screen.rows.selected
        if card is not None:
            self._screen.app.copy_to_clipboard(f"#{card['id']} {one_line(card['title'])}")
            self._screen.loop_app.tell(f"Copied “#{card['id']} …”.")
