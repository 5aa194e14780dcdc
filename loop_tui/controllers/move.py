"""Moving and marking, in whatever has the keys."""

from __future__ import annotations

from typing import TYPE_CHECKING

from loop_tui.widgets.canvas import Canvas

if TYPE_CHECKING:
    from loop_tui.screens.main import MainScreen


class Move:
    """Moves in the list or the text of one main screen."""

    def __init__(self, screen: MainScreen) -> None:
        self._screen = screen

    @property
    def pane(self) -> Canvas:
        """What j and k move in."""
        screen = self._screen
        if not screen.rows.order:
            return screen.empty
        return screen.text if screen.opened else screen.rows

    def do_down(self) -> None:
        """One line down."""
        self.pane.move(1)

    def do_up(self) -> None:
        """One line up."""
        self.pane.move(-1)

    def do_half_down(self) -> None:
        """Half a page down."""
        self.pane.half(1)

    def do_half_up(self) -> None:
        """Half a page up."""
        self.pane.half(-1)

    def do_top(self) -> None:
        """To the top."""
        self.pane.top()

    def do_bottom(self) -> None:
        """To the end."""
        self.pane.bottom()

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
