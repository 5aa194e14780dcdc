"""A look at one file, at one line, without leaving the inbox."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, cast

from textual.binding import BindingType

from agents.text import one_line
from loop_tui import editor
from loop_tui.screens.help import Reader
from loop_tui.widgets.code import numbered
from loop_tui.widgets.lines import Line

if TYPE_CHECKING:
    from loop_tui.app import LoopApp

Json = dict[str, Any]


class PeekScreen(Reader):
    """A file of the repository.

    Args:
        source: as `Inbox.source` gives it, with all its lines.
        line: the line to look at.
    """

    TALL = True
    KEYS = "j/k scroll · e editor · esc back"
    BINDINGS: ClassVar[list[BindingType]] = [("e", "edit", "Editor")]

    def __init__(self, source: Json, line: int) -> None:
        rows = numbered(source["lines"], source["first"], source["path"], line)
        here = line - source["first"]
        lines = [Line(tuple(row), 0, 0, False, "cursor" if at == here else "") for at, row in enumerate(rows)]
        super().__init__(f"{one_line(source['path'], 200)}:{line}", lines, f"as of {source['commit'][:9]} ")
        self._source, self._line, self._here = source, line, here

    def on_mount(self) -> None:
        """With the line in the middle."""
        self.call_after_refresh(lambda: self.view.jump(self._here - self.view.size.height // 2))

    def action_edit(self) -> None:
        """The same place in the person's editor."""

        async def go() -> None:
            editor.edit(self.app, app.inbox.settings.repo, self._source["path"], self._line)

        app = cast("LoopApp", self.app)
        app.do(go())
