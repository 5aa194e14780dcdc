"""The main screen: header, sections, the list and the report beside it. What its keys do is in `controllers/`."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from importlib import import_module
from inspect import isawaitable
from typing import TYPE_CHECKING, Any, ClassVar, cast

from textual import events
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.css.query import NoMatches
from textual.screen import Screen

from agents.inbox import RIGHTS, First, Inbox, why_not
from loop_tui.actions import ACTIONS, spoken
from loop_tui.controllers.browse import Browse
from loop_tui.controllers.move import Mark
from loop_tui.controllers.status import TICK, Status
from loop_tui.sequences import Sequences
from loop_tui.widgets.canvas import CLASSES, Bar
from loop_tui.widgets.report_list import ReportList
from loop_tui.widgets.words import Span, width

if TYPE_CHECKING:
    from loop_tui.app import LoopApp
    from loop_tui.controllers.command import CommandLine
    from loop_tui.controllers.decide import Decide
    from loop_tui.controllers.read import Read
    from loop_tui.widgets.lines import LineView
    from loop_tui.widgets.prompt import Prompt
    from loop_tui.widgets.report_pane import ReportPane

Json = dict[str, Any]
_BESIDE = 100  # from this many columns on the report stands beside the list
_FURNITURE = "loop_tui.screens.furniture"
_LOOKING = 15.0  # seconds between two looks at who else is here


class MainScreen(Screen[None]):
    """What needs you, and why: first the list alone, then all that is done with it (see `furnish`)."""

    COMPONENT_CLASSES: ClassVar[set[str]] = CLASSES

    def __init__(self) -> None:
        super().__init__()
        self.browse, self._moving, self.status = Browse(self), Mark(self), Status(self)
        self.composed = asyncio.Event()
        self.listed = self.furnished = self.opened = False
        self.read: Read  # these come with `furnish`
        self.decide: Decide
        self.commands: CommandLine
        self.empty: LineView  # stands in place of an empty list
        self.text: ReportPane
        self.prompt: Prompt
        self._trouble = ""
        self._waiting: dict[str, Sequences] = {}

    @property
    def loop_app(self) -> LoopApp:
        """The application."""
        return cast("LoopApp", self.app)

    @property
    def inbox(self) -> Inbox:
        """The project."""
        return self.loop_app.inbox

    @property
    def rows(self) -> ReportList:
        """The list."""
        return self.query_one("#rows", ReportList)

    @property
    def reading(self) -> bool:
        """Whether the report is in sight."""
        return bool(self.query_one("#report").display)

    @property
    def place(self) -> str:
        """What has the keys: `list` or `report`."""
        return "report" if self.opened else "list"

    def bar(self, name: str) -> Bar:
        """One of the lines."""
        return self.query_one(f"#{name}", Bar)

    def compose(self) -> ComposeResult:
        """From top to bottom, what the first picture shows."""
        yield Bar(id="header")
        yield Bar(id="sections")
        yield Bar(id="notice")
        with Horizontal(id="body"):
            yield ReportList(id="rows")
            yield Vertical(id="report")
        yield Bar(id="footer")

    def on_mount(self) -> None:
        """Start with the first reports, when they are here; else `list_first` is called with them later."""
        keymap = self.loop_app.keymap
        self._waiting = {place: Sequences(keymap.rows(place)) for place in ("list", "report")}
        if (first := self.loop_app.first()) is not None:
            self.list_first(first)
        else:
            self.bar("header").say([("Loop", "accent")])
            self.place_panes()
        self.composed.set()

    def list_first(self, first: First) -> None:
        """Show the first reports."""
        self.listed = True
        self.browse.list_first(first)
        self.status.say()

    async def furnish(self) -> None:
        """Get all that the first picture does without, and the whole list."""
        await asyncio.gather(self._furnish(), self.browse.complete())
        if not self.rows.order:
            await self.refresh_empty()
        self.set_interval(30, lambda: self.rows.refresh_ages())
        self.set_interval(TICK, self.status.say)
        self.set_interval(_LOOKING, lambda: self.loop_app.do(self._look_around(), group="looking"))

    async def _furnish(self) -> None:
        await asyncio.to_thread(import_module, _FURNITURE)
        from loop_tui.screens.furniture import furnish

        await furnish(self)
        self.furnished = True
        self.place_panes()
        self.on_report_list_moved()

    async def changed(self, ids: set[int]) -> None:
        """Patch what changed: rows in place, the open report, the numbers above."""
        await self.browse.changed(ids)
        if self.read.report is not None and self.read.report["id"] in ids:
            await self.read.load(keep=True)
        self.status.soon()

    async def _look_around(self) -> None:
        self.rows.see(await self.inbox.looking())

    # Layout --------------------------------------------------------------------------------------------------

    def on_resize(self, event: events.Resize) -> None:
        """Beside each other or one at a time."""
        self.place_panes()
        if self.loop_app.is_open:
            self.browse.say_sections()
            self.status.say()
        if self.furnished:
            self.call_after_refresh(self.read.say_tabs)

    def place_panes(self) -> None:
        """Show what there is room for, and give the keys to it."""
        try:
            rows, report = self.rows, self.query_one("#report")
        except NoMatches:
            return
        nothing = not rows.order
        beside = self.app.size.width >= _BESIDE
        if nothing:
            self.opened = False
        # Not by a class of the screen: that would style every widget of it anew.
        rows.styles.width = "46%" if beside else "1fr"
        report.styles.width = "54%" if beside else "1fr"
        report.set_class(beside, "beside")
        rows.display = not nothing and (beside or not self.opened)
        report.display = not nothing and (beside or self.opened)
        if self.furnished:
            self.empty.display = nothing
        focused = self.text if self.opened else rows
        if focused.display and not (self.furnished and self.prompt.display):
            focused.focus()
        self.say_footer()

    def open_report(self) -> None:
        """Give the keys to the report."""
        self.opened = True
        self.place_panes()

    def close_report(self) -> None:
        """Give them back to the list."""
        self.opened = False
        self.place_panes()

    # Lines ---------------------------------------------------------------------------------------------------

    async def refresh_empty(self) -> None:
        """Say why nothing is here."""
        if not self.furnished:
            return  # `furnish` asks for it again
        from loop_tui.widgets import report as reports

        funnel = await self.inbox.funnel() | {"running": self.browse.counts.get("running", 0)}
        lines = reports.empty(self.browse.key, funnel, self.inbox.dsn, self.browse.search)
        self.empty.show(lines, keep=True)

    def say_trouble(self, trouble: str) -> None:
        """Say what is wrong with the filter, in place of the footer."""
        self._trouble = trouble
        self.say_footer()

    def say_footer(self) -> None:
        """What the keys do here; or what may follow a key; or what is wrong."""
        bar = self.bar("footer")
        waiting = self._waiting.get(self.place)
        if waiting is not None and waiting.pending:
            bar.say([(f"{waiting.typed} ", "accent"), *_offers(waiting.hint, self.app.size.width - 8)])
            return
        if self._trouble:
            bar.say([(self._trouble, "warn")])
            return
        keymap = self.loop_app.keymap
        offered = [(keymap.key(action), action.label) for action in self._offered() if keymap.key(action)]
        chosen = len(self.rows.chosen) if self.rows.marking else 0
        left: list[Span] = [(f"{chosen:,} marked  ", "warn")] if chosen else []
        room = self.app.size.width - sum(width(text) for text, _ in left) - 18
        bar.say([*left, *_offers(offered, room)], _offers([("?", "help"), ("q", "quit")], 18))

    def _offered(self) -> list[Any]:
        card = self.rows.selected
        scopes = {self.place, "inbox", "any"}
        wanted = [a for a in ACTIONS if a.footer and a.scope in scopes and a.id not in ("help", "quit")]
        if self.rows.marking:
            wanted = [a for a in wanted if a.many]
        elif card is not None:
            wanted = [a for a in wanted if a.verb not in RIGHTS or not why_not(a.verb, card)]
        else:
            wanted = [a for a in wanted if a.group == "Look"]
        return sorted(wanted, key=lambda a: a.footer)

    # News from the list --------------------------------------------------------------------------------------

    def on_report_list_moved(self) -> None:
        """Show the report under the cursor."""
        self.say_footer()
        if self.furnished:
            self.loop_app.do(self.read.look(), group="report")

    def on_report_list_wanted(self, event: ReportList.Wanted) -> None:
        """Read cards that come into sight."""
        self.loop_app.do(self.browse.fetch(event.ids), group="cards")

    def on_report_list_chosen(self) -> None:
        """Open what was clicked."""
        self.read.do_open()

    def on_report_pane_goto(self, event: ReportPane.Goto) -> None:
        """Show the other report."""
        self.loop_app.do(self.browse.go_to(event.report_id))

    # Keys ----------------------------------------------------------------------------------------------------

    def on_key(self, event: events.Key) -> None:
        """Everything that is no text goes through the registry's keys."""
        if self.furnished and self.prompt.display:
            used = self._type(event)
        else:
            fed = self._waiting[self.place].feed(event.key, event.character)
            known = self.loop_app.keymap.at(self.place)
            action = fed.action or ("" if fed.taken else known.get(event.key) or known.get(event.character or "", ""))
            used = bool(action) or fed.taken
            self.say_footer()
            if action:
                self.perform(action)
        if used:
            event.stop()
            event.prevent_default()

    def _type(self, event: events.Key) -> bool:
        if event.key == "escape":
            self.prompt.leave()
        elif event.key == "tab":
            self.prompt.complete()
        else:
            return self.prompt.take(event)
        return True

    def perform(self, action: str) -> None:
        """Do an action of the registry."""
        head, _, tail = action.partition("_")
        if head == "section":
            self.browse.show(int(tail) - 1)
        elif head == "goto":
            self.browse.goto(tail)
        else:
            done = self.handler(action)()
            if isawaitable(done):
                self.loop_app.do(cast(Any, done))

    @property
    def _deciding(self) -> tuple[Any, ...]:
        return (self.decide, self.read) if self.furnished else ()

    def handler(self, action: str) -> Callable[[], Any]:
        """What does an action: `do_<action>` of a controller, of this screen or of the application.

        Raises:
            LookupError: nothing does.
        """
        for place in (self._moving, *self._deciding, self.browse, self, self.loop_app):
            if (does := getattr(place, f"do_{action}", None)) is not None:
                return cast(Callable[[], Any], does)
        raise LookupError(f"nothing does {action}")

    def do_filter(self) -> None:
        """Type a filter."""
        self._trouble = ""
        browse = self.browse

        def typed(text: str) -> None:
            browse.filter_by(text, typing=True)

        self.prompt.ask(
            browse.search, hint=self.prompt.FILTER, typed=typed, sent=lambda _: self.place_panes(), left=self._no_filter
        )

    def _no_filter(self) -> None:
        self.browse.filter_by("")
        self.place_panes()

    def do_command(self) -> None:
        """Type a command."""

        def sent(text: str) -> None:
            self.place_panes()
            self.loop_app.do(self.commands.run(text))

        hint = "snooze 2d · decline intended · sort impact · 12"
        self.prompt.ask(hint=hint, words=self.commands.words(), sent=sent, left=self.place_panes)

    def do_back(self) -> None:
        """To the list; from the list, end the marks, then the filter."""
        if self.opened:
            self.close_report()
        elif self.rows.marking:
            self.rows.clear_marks()
            self.say_footer()
        elif self.browse.search:
            self._no_filter()

    def do_quit(self) -> None:
        """Back from the report, else out."""
        if self.opened:
            self.close_report()
        else:
            self.app.exit()


def _offers(offered: list[tuple[str, str]], room: int) -> list[Span]:
    spans: list[Span] = []
    for key, label in offered:
        said = f"{'↵' if key == 'enter' else spoken(key)} {label}  "
        room -= width(said)
        if room < 0:
            break
        spans += [(said.partition(" ")[0], "accent"), (f" {label}  ", "dim")]
    return spans
