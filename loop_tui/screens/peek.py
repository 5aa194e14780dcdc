"""A look at one file, at one line, without leaving the inbox."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, cast

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen

from agents.text import one_line
from loop_tui import editor
from loop_tui.widgets.canvas import CLASSES, Bar
from loop_tui.widgets.code import numbered
from loop_tui.widgets.lines import Line, LineView

if TYPE_CHECKING:
    from loop_tui.app import LoopApp

Json = dict[str, Any]


class PeekScreen(ModalScreen[None]):
    """A file of the repository.

    Args:
        source: as `Inbox.source` gives it, with all its lines.
        line: the line to look at.
    """

    CSS_PATH = "peek.tcss"
    COMPONENT_CLASSES: ClassVar[set[str]] = CLASSES
    BINDINGS: ClassVar[list[BindingType]] = [
        ("escape,q,enter", "dismiss(None)", "Back"),
        ("j,down", "move(1)", "Down"),
        ("k,up", "move(-1)", "Up"),
        ("ctrl+d,pagedown", "half(1)", "Half a page down"),
        ("ctrl+u,pageup", "half(-1)", "Half a page up"),
        ("g,home", "edge(-1)", "Top"),
        ("G,end", "edge(1)", "End"),
        ("e", "edit", "Editor"),
    ]

    def __init__(self, source: Json, line: int) -> None:
        super().__init__()
        self._source, self._line = source, line

    @property
    def view(self) -> LineView:
        """The text."""
        return self.query_one("#code", LineView)

    def compose(self) -> ComposeResult:
        """Where, what, keys."""
        with Vertical(classes="dialog peek"):
            yield Bar(id="title")
            yield LineView(id="code")
            yield Bar(id="keys")

    def on_mount(self) -> None:
        """Show it, with the line in the middle."""
        source = self._source
        at = f"{one_line(source['path'], 200)}:{self._line}"
        self.query_one("#title", Bar).say([(at, "bold")], [(f"as of {source['commit'][:9]} ", "dim")])
        self.query_one("#keys", Bar).say([("j/k scroll · e editor · esc back", "dim")])
        rows = numbered(source["lines"], source["first"], source["path"], self._line)
        here = self._line - source["first"]
        self.view.show([Line(tuple(row), 0, 0, False, "cursor" if at == here else "") for at, row in enumerate(rows)])
        self.view.focus()
        self.call_after_refresh(lambda: self.view.jump(here - self.view.size.height // 2))

    def action_move(self, by: int) -> None:
        """By lines."""
        self.view.move(by)

    def action_half(self, direction: int) -> None:
        """By half a page."""
        self.view.half(direction)

    def action_edge(self, direction: int) -> None:
        """To the top or the end."""
        (self.view.top if direction < 0 else self.view.bottom)()

    def action_edit(self) -> None:
        """The same place in the person's editor."""

        async def go() -> None:
            editor.edit(self.app, app.inbox.settings.repo, self._source["path"], self._line)

        app = cast("LoopApp", self.app)
        app.do(go())
