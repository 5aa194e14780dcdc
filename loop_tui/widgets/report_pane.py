"""The pane that shows one tab of a report: folds, and code that opens."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, cast

from textual import events
from textual.message import Message

from agents.inbox import Inbox, Refused
from loop_tui import editor
from loop_tui.screens.peek import PeekScreen
from loop_tui.widgets import report as reports
from loop_tui.widgets.lines import Fold, LineView, Other, Place
from loop_tui.widgets.report import View, reading

if TYPE_CHECKING:
    from loop_tui.app import LoopApp

Json = dict[str, Any]


class ReportPane(LineView):
    """One tab of one report."""

    @dataclass
    class Goto(Message):
        """Another report is to be shown."""

        report_id: int

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.report: Json | None = None
        self.tab = reports.TABS[0]
        self._view = View()
        self._toggled: dict[int, frozenset[str]] = {}  # what was opened in each report, for as long as the screen lives

    async def show_tab(self, inbox: Inbox, report: Json, tab: str, *, keep: bool = False) -> None:
        """Show a tab of a report, with what it needs beyond the report's JSON."""
        view = await reading.read(inbox, report, tab, View(ascii=self._view.ascii, keymap=self._app.keymap))
        self.report, self.tab, self._view = report, tab, view
        self.draw(keep=keep)

    def draw(self, *, keep: bool = True) -> None:
        """Make the lines again, as wide as there is room."""
        if self.report is not None:
            opened = self._toggled.get(self.report["id"], frozenset())
            view = replace(self._view, cells=self.cells, toggled=opened)
            self.show(reports.tab(self.report, self.tab, view=view), keep=keep)

    def on_resize(self, event: events.Resize) -> None:
        """Plots and labels follow the width."""
        changed = self.scrollable_content_region.width != self._cells
        super().on_resize(event)
        if changed:
            self.draw()

    # What is chosen ------------------------------------------------------------------------------------------

    def choose(self, by: int) -> None:
        """Choose the next line that opens something."""
        self.step(by)

    def open_here(self) -> None:
        """Unfold, show the code, or go to the other report."""
        here = self.here
        if isinstance(here, Fold):
            self.toggle(here.id)
        elif isinstance(here, Place):
            self._app.do(self._peek(here))
        elif isinstance(here, Other):
            self.post_message(self.Goto(here.report_id))

    def edit_here(self) -> None:
        """Open the code in the person's editor."""
        here = self.here
        if isinstance(here, Place):
            self._app.do(self._edit(here))
        else:
            self._app.tell("There is no code on this line; n goes to the next that opens.", warn=True)

    def toggle(self, fold: str) -> None:
        """Open a fold, or close it."""
        if self.report is not None:
            opened = self._toggled.get(self.report["id"], frozenset())
            self._toggled[self.report["id"]] = opened ^ {fold}
            self.draw()

    @property
    def _app(self) -> LoopApp:
        return cast("LoopApp", self.app)

    async def _peek(self, place: Place) -> None:
        if self.report is None:
            return
        found = await self._app.inbox.source(self.report["id"], place.path, place.line, 1_000_000, at=place.at)
        if not found["lines"]:
            raise Refused(f"{place.path} is not in this repository at {found['commit'][:9] or 'any commit'}.")
        self._app.push_screen(PeekScreen(found, place.line))

    async def _edit(self, place: Place) -> None:
        if self.report is None:
            return
        found = await self._app.inbox.source(self.report["id"], place.path, place.line, 0, at=place.at)
        editor.edit(self._app, self._app.inbox.settings.repo, found["path"], place.line)
