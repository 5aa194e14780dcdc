"""Moving and marking, in whatever has the keys."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from loop_tui.widgets.canvas import Canvas

if TYPE_CHECKING:
    from loop_tui.screens.main import MainScreen


class Move:
    """Moves in whatever has the keys of a screen.

    Args:
        pane: what j and k move in now.
    """

    def __init__(self, pane: Callable[[], Canvas]) -> None:
        self._pane = pane

    def do_down(self) -> None:
        """One line down."""
        self._pane().move(1)

    def do_up(self) -> None:
        """One line up."""
        self._pane().move(-1)

    def do_half_down(self) -> None:
        """Half a page down."""
        self._pane().half(1)

    def do_half_up(self) -> None:
        """Half a page up."""
        self._pane().half(-1)

    def do_top(self) -> None:
        """To the top."""
        self._pane().top()

    def do_bottom(self) -> None:
        """To the end."""
        self._pane().bottom()


class Mark(Move):
    """Moves in the list or the text of one main screen, and marks."""

    def __init__(self, screen: MainScreen) -> None:
        super().__init__(lambda: self.pane)
        self._screen = screen

    @property
    def pane(self) -> Canvas:
        """What j and k move in."""
        screen = self._screen
        if not screen.rows.order:
            return screen.empty
        return screen.text if screen.opened else screen.rows

    def do_next_pane(self) -> None:
        """From the list to the report and back."""
        if self._screen.opened:
            self._screen.close_report()
        elif self._screen.rows.order:
            self._screen.open_report()

    def do_mark(self) -> None:
        """Mark the report and move on."""
        self._screen.rows.mark()
        self._screen.say_footer()

    def do_range(self) -> None:
        """Begin or keep a range."""
        self._screen.rows.mark_range()
        self._screen.say_footer()

    def do_mark_all(self) -> None:
        """Mark everything or nothing."""
        self._screen.rows.mark_all()
        self._screen.say_footer()
