"""The diff screen."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, cast

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.screen import Screen

from agents.text import one_line
from loop_tui.screens.dialogs import Ask, Merge
from loop_tui.widgets.canvas import Bar
from loop_tui.widgets.diff_view import DiffView, parse
from loop_tui.widgets.words import Span

if TYPE_CHECKING:
    from loop_tui.app import LoopApp

Json = dict[str, Any]


class DiffScreen(Screen[None]):
    """One change, line by line."""

    CSS_PATH = "diff.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        ("escape,q,d", "dismiss(None)", "Back"),
        ("j,down", "move(1)", "Down"),
        ("k,up", "move(-1)", "Up"),
        ("ctrl+d,pagedown", "half(1)", "Half a page down"),
        ("ctrl+u,pageup", "half(-1)", "Half a page up"),
        ("g,home", "edge(-1)", "Top"),
        ("G,end", "edge(1)", "End"),
        ("right_square_bracket", "jump('hunk', 1)", "Next hunk"),
        ("left_square_bracket", "jump('hunk', -1)", "Previous hunk"),
        ("right_curly_bracket", "jump('file', 1)", "Next file"),
        ("left_curly_bracket", "jump('file', -1)", "Previous file"),
        ("m", "merge", "Merge"),
        ("r", "ask", "Ask for changes"),
        ("question_mark", "help", "Help"),
    ]

    def __init__(self, report: Json, diff: str) -> None:
        super().__init__()
        self.report = report
        change = report["change"]
        self._rows = parse(diff, [*change["review"], *change["comments"]])

    @property
    def loop_app(self) -> LoopApp:
        """The application."""
        return cast("LoopApp", self.app)

    def compose(self) -> ComposeResult:
        """Title, proof, diff, notes, keys."""
        yield Bar(id="title")
        yield Bar(id="proof")
        yield DiffView(self._rows, id="diff")
        yield Bar(id="notes")
        yield Bar(id="keys")

    def on_mount(self) -> None:
        """Say what is shown."""
        change = self.report["change"]
        added = sum(row.kind == "add" for row in self._rows)
        removed = sum(row.kind == "del" for row in self._rows)
        files = sum(row.kind == "file" for row in self._rows)
        size = f"{files} file{'' if files == 1 else 's'}  "
        right: list[Span] = [(size, "dim"), (f"+{added} ", "good"), (f"−{removed} ", "bad")]
        self.query_one("#title", Bar).say([(one_line(change["title"], 90), "bold")], right)
        proof = change["proof"]
        if proof.get("proved"):
            told: list[Span] = [("proof  ", "dim"), (one_line(proof.get("test", ""), 80), ""), ("  red", "bad"),
                                (" → ", "dim"), ("green", "good")]  # fmt: skip
        else:
            told = [("proof  ", "dim"), ("none", "warn"), (f"  {one_line(proof.get('why_not') or '', 80)}", "dim")]
        self.query_one("#proof", Bar).say(told, [(f"{change['base_sha'][:7]} → {change['head'][:7]} ", "dim")])
        self.query_one("#notes", Bar).say(_notes(change["notes"] or {}))
        keys = "j/k line · ] [ hunk · } { file · r ask at this line · m merge · q back"
        self.query_one("#keys", Bar).say([(keys, "dim")])
        self.view.focus()

    @property
    def view(self) -> DiffView:
        """The diff."""
        return self.query_one("#diff", DiffView)

    def action_move(self, by: int) -> None:
        """By lines."""
        self.view.move(by)

    def action_half(self, direction: int) -> None:
        """By half a page."""
        self.view.half(direction)

    def action_edge(self, direction: int) -> None:
        """To the top or the end."""
        (self.view.top if direction < 0 else self.view.bottom)()

    def action_jump(self, kind: str, direction: int) -> None:
        """To the next hunk or file."""
        self.view.next(kind, direction)

    def action_help(self) -> None:
        """All keys."""
        self.loop_app.do_help()

    def action_merge(self) -> None:
        """Merge what is shown here."""
        if self.report["status"] != "review":
            self.loop_app.tell("Only a change that is ready can be merged.", warn=True)
            return

        def done(yes: bool | None) -> None:
            if yes:
                self.dismiss(None)
                inbox = self.loop_app.inbox
                self.loop_app.do(inbox.merge(self.report["id"], self.report["change"]["head"]))

        self.loop_app.push_screen(Merge(self.report), done)

    def action_ask(self) -> None:
        """Ask for changes at the line under the cursor."""
        row = self.view.here
        at = f"{row.path}:{row.new}" if row is not None and row.new else ""
        title = f"What should be different at {at}?" if at else "What should be different?"

        def done(chosen: Any) -> None:
            if chosen is not None:
                self.dismiss(None)
                self.loop_app.do(self.loop_app.inbox.request_changes(self.report["id"], chosen.text, at))

        self.loop_app.push_screen(Ask(one_line(title, 76), [], [], "the work starts with your words", need_words=True),
                                  done)  # fmt: skip


def _notes(notes: Json) -> list[Span]:
    parts = []
    if notes.get("untested"):
        parts.append("not run by any test: " + ", ".join(f"{path}:{at}" for path, at in notes["untested"][:4]))
    if notes.get("never_opened"):
        parts.append("never opened: " + ", ".join(str(path) for path in notes["never_opened"][:4]))
    budget = notes.get("budget") or {}
    if budget:
        parts.append(f"budget {budget.get('used', 0)}/{budget.get('limit', 0)} lines")
    return [(one_line(" · ".join(parts), 200), "warn" if notes.get("untested") else "dim")]
