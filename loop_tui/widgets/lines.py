"""Text in styled lines, wrapped to the width, drawn where it is seen."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from textual import events
from textual.geometry import Size
from textual.strip import Strip

from agents.text import visible
from loop_tui.widgets.canvas import Canvas
from loop_tui.widgets.words import Span, width

_MOST = 4000  # characters of one line that are drawn; a longer line says how much it hides
_MOST_LINES = 300  # lines of one output


@dataclass(frozen=True)
class Line:
    """One line of text before wrapping.

    Args:
        spans: text with style names.
        indent: cells before it, on every row it takes.
        hang: further cells before the rows after the first.
        wrap: False: what does not fit is cut.
        row: the style under the whole row.
    """

    spans: tuple[Span, ...] = ()
    indent: int = 0
    hang: int = 0
    wrap: bool = True
    row: str = ""


def line(*spans: Span | str, indent: int = 0, hang: int = 0, row: str = "") -> Line:
    """A line whose text is made safe here; plain strings have no style."""
    made = [(part, "") if isinstance(part, str) else part for part in spans]
    return Line(tuple((_flat(text), style) for text, style in made), indent, hang, True, row)


def _flat(text: str) -> str:
    more = len(text) - _MOST
    shown = visible(text[:_MOST]).replace("\n", " ").replace("\t", "    ")
    return f"{shown}… {more:,} more characters" if more > 0 else shown


def block(text: object, style: str = "", indent: int = 0, *, wrap: bool = True) -> list[Line]:
    """Text of several lines, at most some hundred of them."""
    raw = str(text).strip("\n").split("\n")
    shown = [Line(((_flat(part.rstrip("\r")), style),), indent, 0, wrap) for part in raw[:_MOST_LINES]]
    if len(raw) > _MOST_LINES:
        shown.append(Line(((f"… {len(raw) - _MOST_LINES:,} more lines", "dim"),), indent))
    return shown


@dataclass
class _Row:
    spans: list[Span] = field(default_factory=list)
    row: str = ""


def wrap(item: Line, cells: int) -> list[_Row]:
    """The rows a line takes."""
    room = max(8, cells - item.indent)
    pieces = list(_pieces(item.spans))
    rows: list[list[Span]] = [[]]
    used = 0
    for text, style in pieces:
        step = width(text)
        limit = max(4, room - (item.hang if len(rows) > 1 else 0))
        if item.wrap and used + step > limit and used:
            rows.append([])
            used = 0
            text = text.lstrip(" ")
            step = width(text)
        while item.wrap and text and step > limit:
            head = _cut(text, limit)
            rows[-1].append((head, style))
            rows.append([])
            text, used = text[len(head) :], 0
            step = width(text)
        if text:
            rows[-1].append((text, style))
            used += step
    pads = [item.indent + (item.hang if number else 0) for number in range(len(rows))]
    return [_Row(_joined([(" " * pad, ""), *spans]), item.row) for pad, spans in zip(pads, rows, strict=True)]


def _joined(spans: list[Span]) -> list[Span]:
    """Neighbours of one style as one span."""
    result: list[Span] = []
    for text, style in spans:
        if result and result[-1][1] == style:
            result[-1] = (result[-1][0] + text, style)
        elif text:
            result.append((text, style))
    return result


def _pieces(spans: Iterable[Span]) -> Iterable[Span]:
    """Words, each with the space before it."""
    for text, style in spans:
        start = 0
        for at in range(1, len(text)):
            if text[at] == " " and text[at - 1] != " ":
                yield text[start:at], style
                start = at
        if text[start:]:
            yield text[start:], style


def _cut(text: str, cells: int) -> str:
    used = 0
    for at, char in enumerate(text):
        used += width(char)
        if used > cells:
            return text[: max(1, at)]
    return text


class LineView(Canvas):
    """Scrolled text."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._lines: list[Line] = []
        self._rows: list[_Row] = []
        self._starts: list[int] = []  # the first row of each line
        self._cells = 0

    @property
    def text(self) -> str:
        """What it says, without styles, unwrapped."""
        return "\n".join(" " * item.indent + "".join(text for text, _ in item.spans) for item in self._lines)

    def show(self, lines: list[Line], *, keep: bool = False) -> None:
        """Show these lines; with `keep` the scroll position stays."""
        if lines == self._lines:
            return
        self._lines = lines
        self._wrap()
        if not keep:
            self.jump(0)
        self.refresh()

    def _wrap(self) -> None:
        self._cells = self.scrollable_content_region.width
        # Not laid out yet: a guess, so that a height can be found; the resize that follows wraps again.
        cells = max(10, (self._cells or min(80, self.app.size.width)) - 2)
        self._rows, self._starts = [], []
        for item in self._lines:
            self._starts.append(len(self._rows))
            self._rows += wrap(item, cells)
        self.virtual_size = Size(self._cells, len(self._rows))

    def reveal(self, first: int, count: int) -> bool:
        """Scroll until `count` lines from `first` on are in sight; whether it had to."""
        top, last = self._starts[first], first + count
        end = self._starts[last] if last < len(self._starts) else len(self._rows)
        before, height = int(self.scroll_offset.y), self.scrollable_content_region.height
        if top < before or end - top > height:
            self.jump(top)
        elif end > before + height:
            self.jump(end - height)
        return int(self.scroll_offset.y) != before

    def on_resize(self, event: events.Resize) -> None:
        """Wrap again when the width changed."""
        if self.scrollable_content_region.width != self._cells:
            self._wrap()
            self.refresh()

    def render_line(self, y: int) -> Strip:
        """One row."""
        cells = self.scrollable_content_region.width
        at = y + int(self.scroll_offset.y)
        if at >= len(self._rows):
            return self.strip([], cells)
        row = self._rows[at]
        return self.strip([(" ", ""), *row.spans], cells, row.row)
