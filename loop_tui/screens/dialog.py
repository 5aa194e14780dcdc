"""A box over the screen: a title, lines that scroll, and the keys, which are in sight however small the terminal."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.screen import ModalScreen, ScreenResultType
from textual.widget import Widget
from textual.widgets import Input

from loop_tui.widgets.canvas import CLASSES, Bar
from loop_tui.widgets.lines import LineView

_AROUND = 6  # rows of the box beside its lines: border, title, keys, and a blank row at each
_FIELD = 2  # rows of a field, its blank row with it


class Dialog(ModalScreen[ScreenResultType]):
    """What all boxes share.

    Attributes:
        TALL: whether it takes the same room however few its lines are.
    """

    CSS_PATH = "dialogs.tcss"
    TALL: ClassVar[bool] = False
    COMPONENT_CLASSES: ClassVar[set[str]] = CLASSES

    def compose(self) -> ComposeResult:
        """Title, lines, whatever a box has of its own, keys."""
        with Vertical(classes="dialog tall" if self.TALL else "dialog"):
            yield Bar(id="title")
            yield LineView(id="options")
            yield from self.extra()
            yield Bar(id="keys")

    def extra(self) -> Iterable[Widget]:
        """Widgets between the lines and the keys."""
        return ()

    @property
    def view(self) -> LineView:
        """The lines."""
        return self.query_one("#options", LineView)

    def on_resize(self, event: events.Resize) -> None:
        """The lines take what is left."""
        around = _AROUND + _FIELD * len(self.query(Input))
        self.view.styles.max_height = max(3, event.size.height * 9 // 10 - around)
