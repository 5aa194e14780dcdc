"""The main screen: header, sections, the list and the report beside it."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, ClassVar, cast

from textual import events
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical
from textual.css.query import NoMatches
from textual.screen import Screen
from textual.widgets import Input

from agents.inbox import Inbox, Refused
from agents.text import one_line
from loop_tui.actions import BY_ID, bindings, footer
from loop_tui.screens.dialogs import Ask, Chosen, Merge, Option
from loop_tui.screens.diff import DiffScreen
from loop_tui.widgets import report as report_text
from loop_tui.widgets import words
from loop_tui.widgets.canvas import Bar, Canvas
from loop_tui.widgets.lines import LineView, line
from loop_tui.widgets.report_list import ReportList
from loop_tui.widgets.report_pane import ReportPane
from loop_tui.widgets.words import SECTIONS, Span, width

if TYPE_CHECKING:
    from loop_tui.app import LoopApp

Json = dict[str, Any]
_PAGE = 200
_BESIDE = 100  # from this many columns on the report stands beside the list
_SORTS = ("priority", "impact", "newest", "oldest", "recent")
_MOVES = ("status", "priority", "snoozed_until", "snooze_condition", "claimed_by")
DECLINE = (
    Option("Already fixed", "new evidence opens it again", "already-fixed"),
    Option("Not reproducible", "new evidence opens it again", "not-reproducible"),
    Option("Wrong analysis", "new evidence opens it again", "wrong-analysis"),
    Option("Won't fix", "stays closed", "wont-fix"),
    Option("Intended", "stays closed", "intended"),
    Option("Not now", "stays closed", "not-now"),
)


class MainScreen(Screen[None]):
    """What needs you, and why."""

    CSS_PATH = "main.tcss"
    BINDINGS: ClassVar[list[BindingType]] = list(bindings())

    def __init__(self) -> None:
        super().__init__()
        self.section = 0
        self.search = ""
        self.sort = "priority"
        self.tab = 0
        self.report: Json | None = None
        self._diff: tuple[str, str] = ("", "")  # head, text
        self._counts: dict[str, int] = {}
        self._activity: Json = {}
        self._more = True
        self._opened = False
        self._last_g = False
        self._loading = asyncio.Lock()

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
    def text(self) -> ReportPane:
        """The report's text."""
        return self.query_one("#text", ReportPane)

    def bar(self, name: str) -> Bar:
        """One of the lines."""
        return self.query_one(f"#{name}", Bar)

    def compose(self) -> ComposeResult:
        """From top to bottom."""
        yield Bar(id="header")
        yield Bar(id="sections")
        yield Bar(id="notice")
        with Horizontal(id="body"):
            yield ReportList(id="rows")
            yield LineView(id="empty")
            with Vertical(id="report"):
                yield Bar(id="title")
                yield Bar(id="facts")
                yield Bar(id="tabs")
                yield ReportPane(id="text")
        yield Input(placeholder="p:0-1 source:sentry status:review users:>20 mine words", id="filter", compact=True)
        yield Bar(id="footer")

    def on_mount(self) -> None:
        """Start empty; `begin` fills it when the inbox is open."""
        self.rows.focus()
        self._arrange()
        self.set_interval(30, lambda: self.rows.refresh_ages())
        self.bar("header").say([("Loop", "accent")])

    # Layout --------------------------------------------------------------------------------------------------

    def on_resize(self, event: events.Resize) -> None:
        """Beside each other or one at a time."""
        self._arrange()

    def _arrange(self) -> None:
        try:
            rows, empty, report = self.rows, self.query_one("#empty"), self.query_one("#report")
        except NoMatches:
            return
        nothing = not rows.cards
        beside = self.app.size.width >= _BESIDE
        if nothing:
            self._opened = False
        self.set_class(beside, "beside")
        rows.display = not nothing and (beside or not self._opened)
        empty.display = nothing
        report.display = not nothing and (beside or self._opened)
        focused = self.text if self._opened else rows
        if focused.display and not isinstance(self.focused, Input):
            focused.focus()
        self._say_footer()

    @property
    def pane(self) -> Canvas:
        """What j and k move in."""
        if not self.rows.cards:
            return self.query_one("#empty", LineView)
        return self.text if self._opened else self.rows

    # Content -------------------------------------------------------------------------------------------------

    async def begin(self) -> None:
        """Show the first page."""
        await self.reload(keep=False)
        await self.refresh_header()

    async def reload(self, *, keep: bool = True) -> None:
        """Read the section again; with `keep` the cursor stays on its report."""
        async with self._loading:
            limit = max(_PAGE, len(self.rows.cards)) if keep else _PAGE
            try:
                cards = await self.inbox.cards(SECTIONS[self.section][0], self.search, self.sort, limit)
            except Refused as error:
                self._say_filter(str(error))
                return
            self._counts = await self.inbox.counts()
            self._more = len(cards) >= limit
            if not cards:
                await self._refresh_empty()
            self.rows.replace(cards, keep=keep)
        self._say_filter("")
        self._say_sections()
        self._arrange()

    async def load_more(self, everything: bool = False) -> None:
        """Add the next page, or all that is left."""
        async with self._loading:
            if not self._more:
                return
            limit = 1_000_000 if everything else _PAGE
            have = len(self.rows.cards)
            cards = await self.inbox.cards(SECTIONS[self.section][0], self.search, self.sort, limit, have)
            self._more = len(cards) >= limit
            self.rows.append(cards)

    async def changed(self, ids: set[int]) -> None:
        """Patch what changed: rows in place, the open report, the numbers above."""
        known = {rid for rid in ids if self.rows.has(rid)}
        fresh = await self.inbox.card(ids - {0})
        moved = len(ids - {0} - known) > 0
        for card in fresh:
            before = self.rows.get(card["id"])
            moved = moved or (before is not None and any(before[key] != card[key] for key in _MOVES))
        self.rows.patch(fresh)
        if moved or not self.rows.cards:
            await self.reload()
        else:
            self._counts = await self.inbox.counts()
            self._say_sections()
        if self.report is not None and self.report["id"] in ids:
            await self.load_report(keep=True)
        await self.refresh_header()

    async def refresh_header(self) -> None:
        """Project, counts, money, base, sandbox, person, notice."""
        self._activity = now = await self.inbox.activity()
        counts = self._counts
        parts = [f"{counts.get('needs_you', 0):,} need you" if counts.get("needs_you", 0) != 1 else "1 needs you"]
        parts.append(f"{len(now['running'])} running" + (f", {now['queued']} queued" if now["queued"] else ""))
        parts.append(f"${now['usd_today']:.2f} today")
        tail = [one_line(now["base"], 40), one_line(now["sandbox"], 20)]
        left: list[Span] = [("Loop ", "accent"), (one_line(self.inbox.title, 30), "bold"), ("   ", "")]
        who = one_line(self.inbox.who, 24)
        said = ""
        parts += [part for part in tail if part]
        for count in range(len(parts), 0, -1):
            said = " · ".join(parts[:count])
            if width(said) + sum(width(text) for text, _ in left) + width(who) + 3 <= self.app.size.width:
                break
        left.append((said, "dim"))
        self.bar("header").say(left, [(who + " ", "dim")])
        notice = self.bar("notice")
        notice.display = bool(now["notice"])
        notice.say([(one_line(now["notice"], 300), "warn")])
        if not self.rows.cards and not self._counts.get("all"):
            await self._refresh_empty()

    async def _refresh_empty(self) -> None:
        funnel = await self.inbox.funnel() | {"running": self._counts.get("running", 0)}
        lines = report_text.empty(SECTIONS[self.section][0], funnel, self.inbox.dsn, self.search)
        self.query_one("#empty", LineView).show(lines, keep=True)

    def _say_sections(self) -> None:
        full = [f" {label} {self._counts.get(key, 0):,} " for key, label in SECTIONS]
        tight = sum(len(text) + 1 for text in full) + 1 > self.app.size.width
        spans: list[Span] = []
        for place, (_, label) in enumerate(SECTIONS):
            text = f" {label[:8]} " if tight and place != self.section else full[place]
            spans += [(text, "tab" if place == self.section else "dim"), (" ", "")]
        right = [] if self.sort == "priority" else [(f"sort: {self.sort} ", "dim")]
        if self.search:
            right = [(f"/{one_line(self.search, 40)} ", "accent"), *right]
        self.bar("sections").say(spans, right)

    def _say_filter(self, trouble: str) -> None:
        if trouble:
            self.bar("footer").say([(trouble, "warn")])
        else:
            self._say_footer()

    def _say_footer(self) -> None:
        spans: list[Span] = []
        used = 0
        right: list[Span] = [("?", "accent"), (" help  ", "dim"), ("q", "accent"), (" quit ", "dim")]
        for action in footer(self.rows.selected):
            if action.id in ("help", "quit"):
                continue
            key = "↵" if action.key == "enter" else action.key
            size = width(key) + width(action.label) + 3
            if used + size > self.app.size.width - 18:
                break
            used += size
            spans += [(key, "accent"), (f" {action.label}  ", "dim")]
        self.bar("footer").say(spans, right)

    # The report ----------------------------------------------------------------------------------------------

    def on_report_list_moved(self) -> None:
        """Show the report under the cursor."""
        self._say_footer()
        self.loop_app.do(self._look(), group="report")

    def on_report_list_near_end(self) -> None:
        """Load the next page."""
        if self._more:
            self.loop_app.do(self.load_more(), group="more", exclusive=False)

    def on_report_list_chosen(self) -> None:
        """Open what was clicked."""
        self.action_open()

    async def _look(self) -> None:
        await asyncio.sleep(0.02)  # a key held down passes many reports
        await self.load_report()

    async def load_report(self, *, keep: bool = False) -> None:
        """Read the report under the cursor and show it."""
        card = self.rows.selected
        if card is None:
            self.report = None
            return
        report = await self.inbox.report(card["id"])
        if self.rows.selected is None or self.rows.selected["id"] != report["id"]:
            return
        same = self.report is not None and self.report["id"] == report["id"]
        self.report = report
        await self._show_tab(keep=keep or same)

    async def _show_tab(self, *, keep: bool = False) -> None:
        report = self.report
        if report is None:
            return
        name = report_text.TABS[self.tab]
        self.bar("title").say(report_text.title(report))
        self.bar("facts").say(report_text.facts(report))
        self._say_tabs(report)
        await self.text.show_tab(self.inbox, report, name, keep=keep)

    def on_report_pane_goto(self, event: ReportPane.Goto) -> None:
        """Show the other report, when it is in the list."""
        if self.rows.has(event.report_id):
            self.rows.select(event.report_id)
        else:
            self.loop_app.tell(f"Report {event.report_id} is not in this list; {len(SECTIONS)} shows all.", warn=True)

    def _say_tabs(self, report: Json) -> None:
        room = self.bar("tabs").size.width or self.app.size.width
        full, plain = report_text.tab_names(report), list(report_text.TABS)
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
        self.bar("tabs").say(spans)

    async def _diff_of(self, report: Json) -> str:
        change = report["change"]
        if not change or not change["head"]:
            return ""
        if self._diff[0] != change["head"]:
            self._diff = (change["head"], await self.inbox.diff(report["id"]))
        return self._diff[1]

    # Looking and moving --------------------------------------------------------------------------------------

    def action_open(self) -> None:
        """Give the keys to the report."""
        if self.rows.cards:
            self._opened = True
            self._arrange()

    def action_back(self) -> None:
        """To the list; from the list, end the filter."""
        if self._opened:
            self._opened = False
            self._arrange()
        elif self.search:
            self.query_one("#filter", Input).value = ""
            self._set_search("")

    def action_quit(self) -> None:
        """Back from the report, else out."""
        if self._opened:
            self.action_back()
        else:
            self.app.exit()

    def action_section(self, place: int) -> None:
        """Show a section."""
        self.section, self._opened = place % len(SECTIONS), False
        self._say_sections()
        self.loop_app.do(self.reload(keep=False), group="list")

    def action_next_section(self) -> None:
        """The next one."""
        self.action_section(self.section + 1)

    def action_prev_section(self) -> None:
        """The one before."""
        self.action_section(self.section - 1)

    def action_next_tab(self, step: int = 1) -> None:
        """Another view of the report."""
        self.tab = (self.tab + step) % len(report_text.TABS)
        self.loop_app.do(self._show_tab(), group="tab")

    def action_prev_tab(self) -> None:
        """The view before."""
        self.action_next_tab(-1)

    def action_move(self, by: int) -> None:
        """By lines."""
        self.pane.move(by)

    def action_half(self, direction: int) -> None:
        """By half a page."""
        self.pane.half(direction)

    def action_top(self) -> None:
        """To the top."""
        self.pane.top()

    def action_g(self) -> None:
        """The second of two goes to the top."""
        if self._last_g:
            self.pane.top()
        self._last_g = not self._last_g

    def on_key(self, event: events.Key) -> None:
        """Any other key between two g forgets the first."""
        if event.key != "g":
            self._last_g = False

    def action_bottom(self) -> None:
        """To the end, loading what is left."""

        async def go() -> None:
            await self.load_more(everything=True)
            self.rows.bottom()

        if self.pane is self.rows and self._more:
            self.loop_app.do(go(), group="more")
        else:
            self.pane.bottom()

    def action_sort(self) -> None:
        """The next order."""
        self.sort = _SORTS[(_SORTS.index(self.sort) + 1) % len(_SORTS)]
        self.loop_app.do(self.reload(keep=False), group="list")

    def action_filter(self) -> None:
        """Type a filter."""
        entry = self.query_one("#filter", Input)
        entry.display = True
        entry.focus()

    def on_input_changed(self, event: Input.Changed) -> None:
        """Filter as one types."""
        if event.input.id == "filter" and event.value != self.search:
            self._set_search(event.value)

    def _set_search(self, text: str) -> None:
        self.search = text

        async def later() -> None:
            await asyncio.sleep(0.08)
            await self.reload(keep=False)

        self.loop_app.do(later(), group="list")

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Keep the filter; the list takes the keys."""
        self._end_filter()

    def _end_filter(self) -> None:
        self.query_one("#filter").display = False
        self.rows.focus()
        self._arrange()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """While a filter is typed, escape ends it and tab does nothing."""
        if isinstance(self.focused, Input) and action in ("next_tab", "prev_tab"):
            return False
        if isinstance(self.focused, Input) and action == "back":
            self.query_one("#filter", Input).value = ""
            self._end_filter()
            return False
        return True

    def action_theme(self) -> None:
        """Dark or light."""
        self.loop_app.toggle_theme()

    def action_palette(self) -> None:
        """Commands by name."""
        self.app.action_command_palette()

    def action_help(self) -> None:
        """All keys."""
        self.loop_app.show_help()

    # Deciding ------------------------------------------------------------------------------------------------

    def _card(self, name: str) -> Json | None:
        """The selected card, when the action makes sense for it; else the reason is told."""
        action, card = BY_ID[name], self.rows.selected
        if card is None or not action.when(card):
            self.loop_app.tell(action.needs or "Select a report first.", warn=True)
            return None
        return card

    def action_diff(self) -> None:
        """Read the change."""
        card = self._card("diff")
        if card is None:
            return

        async def show() -> None:
            report = await self.inbox.report(card["id"])
            diff = await self._diff_of(report)
            if not diff:
                self.loop_app.tell("The change is still being built; there is nothing to read yet.", warn=True)
                return
            self.app.push_screen(DiffScreen(report, diff))

        self.loop_app.do(show())

    def action_merge(self) -> None:
        """Merge, after asking."""
        card = self._card("merge")
        if card is None:
            return

        async def show() -> None:
            report = await self.inbox.report(card["id"])
            if report["change"] is None:
                self.loop_app.tell("This report has no change to merge.", warn=True)
                return

            def done(yes: bool | None) -> None:
                if yes:
                    self.loop_app.do(self.inbox.merge(card["id"], report["change"]["head"]))

            self.app.push_screen(Merge(report), done)

        self.loop_app.do(show())

    def action_answer(self) -> None:
        """Answer the question."""
        card = self._card("answer")
        if card is None:
            return

        async def show() -> None:
            report = await self.inbox.report(card["id"])
            asked = report["question"]
            if asked is None:
                self.loop_app.tell("This report asks nothing.", warn=True)
                return
            options = [_option(choice) for choice in asked["choices"]]
            if options:
                options.append(Option("Something else…", "write it; the work starts with your words"))

            def done(chosen: Chosen | None) -> None:
                if chosen is None:
                    return
                given = chosen.place is not None and chosen.place < len(asked["choices"])
                choice = chosen.place + 1 if given and chosen.place is not None else None
                self.loop_app.do(self.inbox.answer(card["id"], chosen.text, choice))

            about = [line(one_line(asked["text"], 2000))]
            self.app.push_screen(Ask("Your answer", about, options, "in words", need_words=True), done)

        self.loop_app.do(show())

    def action_request_changes(self) -> None:
        """Ask for changes."""
        card = self._card("request_changes")
        if card is None:
            return

        def done(chosen: Chosen | None) -> None:
            if chosen is not None:
                self.loop_app.do(self.inbox.request_changes(card["id"], chosen.text))

        title, field = "What should be different?", "the work starts with your words"
        self.app.push_screen(Ask(title, [_about(card)], [], field, need_words=True), done)

    def action_decline(self) -> None:
        """Decline with a reason."""
        card = self._card("decline")
        if card is None:
            return

        def done(chosen: Chosen | None) -> None:
            if chosen is not None and chosen.place is not None:
                self.loop_app.do(self.inbox.decline(card["id"], DECLINE[chosen.place].value, chosen.text))

        self.app.push_screen(Ask("Decline: why?", [_about(card)], DECLINE, "note for the next run, if any"), done)

    def action_snooze(self) -> None:
        """Hide until, or wake."""
        card = self._card("snooze")
        if card is None:
            return
        if card["snoozed_until"] or card["snooze_condition"]:
            until = words.moment(card["snoozed_until"])
            if card["snooze_condition"] or (until is not None and until > words.clock()):
                self.loop_app.do(self.inbox.unsnooze(card["id"]))
                return
        grown = max(2, card["user_count"] * 2)
        options = (
            Option("1 hour", "", "1h"), Option("4 hours", "", "4h"), Option("Tomorrow at 9", "", "tomorrow"),
            Option("1 week", "", "1w"), Option(f"Until more than {grown:,} users are hit", "", f"users>{grown}"),
            Option("Something else…", "2d, 2026-12-01T09:00, users>50 or signals>100"),
        )  # fmt: skip

        def done(chosen: Chosen | None) -> None:
            if chosen is not None and chosen.place is not None:
                self.loop_app.do(self.inbox.snooze(card["id"], options[chosen.place].value or chosen.text))

        self.app.push_screen(Ask("Snooze until when?", [_about(card)], options, "a time", need_words=True), done)

    def action_claim(self) -> None:
        """Mine, or not mine any more."""
        card = self._card("claim")
        if card is not None:
            mine = card["claimed_by"] == self.inbox.who
            self.loop_app.do(self.inbox.release(card["id"]) if mine else self.inbox.claim(card["id"]))

    def action_retry(self) -> None:
        """Start again."""
        card = self._card("retry")
        if card is not None:
            self.loop_app.do(self.inbox.retry(card["id"]))

    def action_stop(self) -> None:
        """Stop the work."""
        card = self._card("stop")
        if card is not None:
            self.loop_app.do(self.inbox.stop(card["id"]))

    def action_undo(self) -> None:
        """Take back."""
        self.loop_app.do(self.inbox.undo())

    def action_redo(self) -> None:
        """Put back."""
        self.loop_app.do(self.inbox.redo())


def _option(choice: Json) -> Option:
    detail = one_line(choice["detail"], 300)
    example = one_line(choice["example"], 300)
    return Option(one_line(choice["label"], 200), " · ".join(part for part in (detail, example) if part))


def _about(card: Json) -> Any:
    return line((one_line(card["title"], 300), "bold"))
