"""What all drawn widgets share: styled spans become strips, and only the lines in sight are made."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rich.segment import Segment
from rich.style import Style
from textual.geometry import Region
from textual.scroll_view import ScrollView
from textual.strip import Strip
from textual.widget import Widget

from loop_tui.widgets.words import Span, fill, flat, width

STYLES = (
    "plain", "dim", "bold", "accent", "good", "bad", "warn", "add", "del", "hunk", "code", "cursor", "idle", "tab",
)  # fmt: skip
_BOLD, _NONE = Style(bold=True), Style.null()
CLASSES = {f"canvas--{name}" for name in STYLES}
_MOST = 2000  # characters of one span: more than any terminal shows in a line


class Painter(Widget):
    """Turns styled spans into strips with the colours of the theme.

    The styles are the screen's own (`COMPONENT_CLASSES = CLASSES`): found once a screen, not once a widget.
    """

    def look(self, name: str) -> Style:
        """The style of a component."""
        if not name or name == "plain":
            return Style.null()
        return self.screen.get_component_rich_style(f"canvas--{name}", partial=True)

    def strip(self, spans: Iterable[Span], cells: int, row: str = "") -> Strip:
        """One line of exactly `cells` cells; `row` names the style under all of it."""
        base = self.rich_style + self.look(row)
        # On a reversed row a colour would become a ground of its own, and dim hardly a colour at all.
        looks = (lambda name: _BOLD if name in ("bold", "add") else _NONE) if base.reverse else self.look
        segments = [Segment(text, base + looks(name)) for text, name in spans if text]
        return Strip(segments).adjust_cell_length(cells, base)


class Bar(Painter):
    """One line: some spans on the left, some on the right."""

    DEFAULT_CSS = "Bar { height: 1; width: 1fr; }"

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._left: list[Span] = []
        self._right: list[Span] = []

    @property
    def text(self) -> str:
        """What it says, without styles."""
        return "".join(text for text, _ in [*self._left, *self._right])

    def say(self, left: Sequence[Span], right: Sequence[Span] = ()) -> None:
        """Show these, made safe here; sends nothing to the terminal when they are there already."""
        before = self._left, self._right
        self._left, self._right = ([(flat(text[:_MOST]), style) for text, style in part] for part in (left, right))
        if before != (self._left, self._right):
            self.refresh()

    def render_line(self, y: int) -> Strip:
        """The line."""
        cells = self.size.width
        taken = sum(width(text) for text, _ in self._right)
        free = cells - taken
        used = sum(width(text) for text, _ in self._left)
        if not taken or (used + 2 > free and taken * 2 > cells):
            return self.strip([(" ", ""), *fill(self._left, max(0, cells - 2)), (" ", "")], cells)
        return self.strip([(" ", ""), *fill(self._left, max(0, free - 2)), (" ", ""), *self._right], cells)


class Canvas(ScrollView, Painter, can_focus=True):
    """A scrolled widget that draws itself line by line."""

    DEFAULT_CSS = "Canvas { scrollbar-size-vertical: 1; scrollbar-size-horizontal: 1; overflow-x: hidden; }"

    def jump(self, y: int) -> None:
        """Scroll to a line at once."""
        self.scroll_to(y=max(0, y), animate=False, immediate=True, force=True)

    def move(self, by: int) -> None:
        """Move by lines."""
        self.jump(int(self.scroll_offset.y) + by)

    def half(self, direction: int) -> None:
        """Move by half a page."""
        self.move(direction * max(1, self.scrollable_content_region.height // 2))

    def top(self) -> None:
        """To the start."""
        self.jump(0)

    def bottom(self) -> None:
        """To the end."""
        self.jump(int(self.virtual_size.height))

    def repaint_lines(self, first: int, count: int = 1) -> None:
        """Draw some lines again, if they are in sight."""
        y = first - int(self.scroll_offset.y)
        inside = self.scrollable_content_region.size
        if y + count > 0 and y < inside.height:
            self.refresh(Region(0, y, inside.width, count).intersection(Region(0, 0, *inside)))
