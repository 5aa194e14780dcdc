"""Text in styled lines, wrapped to the width, drawn where it is seen."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass, field

from textual import events
from textual.geometry import Size
from textual.strip import Strip

from agents.text import visible
from loop_tui.widgets.canvas import Canvas
from loop_tui.widgets.words import Span, width


@dataclass(frozen=True)
class Place:
    """A line of a file of the repository.

    Args:
        path: in the repository, or where it ran.
        line: counted from 1.
        at: which commit's text: `release` (as it ran), `base` or `head` of the change.
    """

    path: str
    line: int
    at: str = "release"


@dataclass(frozen=True)
class Fold:
    """Something that opens and closes, by a name that stays when the text around it changes."""

    id: str


@dataclass(frozen=True)
class Other:
    """Another report."""

    report_id: int


Target = Place | Fold | Other

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
        to: what enter opens here.
    """

    spans: tuple[Span, ...] = ()
    indent: int = 0
    hang: int = 0
    wrap: bool = True
    row: str = ""
    to: Target | None = None


def line(
    *spans: Span | str, indent: int = 0, hang: int = 0, row: str = "", wrap: bool = True, to: Target | None = None
) -> Line:
    """A line whose text is made safe here; plain strings have no style."""
    made = [(part, "") if isinstance(part, str) else part for part in spans]
    return Line(tuple((_flat(text), style) for text, style in made), indent, hang, wrap, row, to)


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
    hang = min(item.hang, room // 2)
    pieces = list(_pieces(item.spans))
    rows: list[list[Span]] = [[]]
    used = 0
    for text, style in pieces:
        step = width(text)
        limit = max(4, room - (hang if len(rows) > 1 else 0))
        if item.wrap and used + step > limit and used:
            rows.append([])
            used = 0
            text = text.lstrip(" ")
            step = width(text)
            limit = max(4, room - hang)
        while item.wrap and text and step > limit:
            head = _cut(text, limit)
            rows[-1].append((head, style))
            rows.append([])
            text, used = text[len(head) :], 0
            step -= width(head)  # not measured again: a word of a whole log would be measured once for each row
            limit = max(4, room - hang)
        if text:
            rows[-1].append((text, style))
            used += step
    pads = [item.indent + (hang if number else 0) for number in range(len(rows))]
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
    """Scrolled text; lines that open something are chosen one after the other."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._lines: list[Line] = []
        self._rows: list[_Row] = []
        self._starts: list[int] = []  # the first row of each line
        self._cells = 0
        self._chosen: Target | None = None

    @property
    def text(self) -> str:
        """What it says, without styles, unwrapped."""
        return "\n".join(" " * item.indent + "".join(text for text, _ in item.spans) for item in self._lines)

    @property
    def cells(self) -> int:
        """How wide a line may be."""
        # Not laid out yet: a guess, so that a height can be found; the resize that follows wraps again.
        return max(10, (self._cells or min(80, self.app.size.width)) - 2)

    def show(self, lines: list[Line], *, keep: bool = False) -> None:
        """Show these lines; with `keep` the scroll position stays."""
        if lines == self._lines:
            return
        self._lines = lines
        self._wrap()
        if not keep:
            self._chosen = None
            self.jump(0)
        self.refresh()

    def _wrap(self) -> None:
        self._cells = self.scrollable_content_region.width
        self._rows, self._starts = [], []
        for item in self._lines:
            self._starts.append(len(self._rows))
            self._rows += wrap(item, self.cells)
        self.virtual_size = Size(self._cells, len(self._rows))

    # What can be opened --------------------------------------------------------------------------------------

    def _span(self, number: int) -> tuple[int, int]:
        """The rows of a line: first, and the one after the last."""
        after = number + 1
        return self._starts[number], self._starts[after] if after < len(self._starts) else len(self._rows)

    def _place(self) -> int | None:
        """The line that is chosen: the one chosen last, else the first in sight that opens something."""
        top = int(self.scroll_offset.y)
        bottom = top + self.scrollable_content_region.height
        # Lines before the first start above the top, so that looking costs what is in sight, not what there is.
        first = max(0, bisect_right(self._starts, top) - 1)
        seen = [at for at in range(first, bisect_right(self._starts, bottom - 1)) if self._lines[at].to is not None]
        chosen = [at for at in seen if self._lines[at].to == self._chosen]
        return next(iter([*chosen, *seen]), None)

    @property
    def here(self) -> Target | None:
        """What enter opens."""
        at = self._place()
        return None if at is None else self._lines[at].to

    def step(self, by: int) -> None:
        """Choose the next line that opens something, or the one before."""
        found = [at for at, item in enumerate(self._lines) if item.to is not None]
        now = self._place()
        if not found:
            return
        top = bisect_right(self._starts, int(self.scroll_offset.y)) - 1
        ahead = [at for at in found if (at > (top if now is None else now)) == (by > 0) and at != now]
        if not ahead:
            return
        at = ahead[0] if by > 0 else ahead[-1]
        if now is not None:
            self._repaint(now)
        self._chosen = self._lines[at].to
        self.reveal(at, 1)
        self._repaint(at)

    def _repaint(self, number: int) -> None:
        first, after = self._span(number)
        self.repaint_lines(first, after - first)

    def reveal(self, first: int, count: int) -> bool:
        """Scroll until `count` lines from `first` on are in sight; whether it had to."""
        top, end = self._starts[first], self._span(first + count - 1)[1]
        before, height = int(self.scroll_offset.y), self.scrollable_content_region.height
        if top < before or end - top > height:
            self.jump(top)
        elif end > before + height:
            self.jump(end - height)
        return int(self.scroll_offset.y) != before

    def on_focus(self) -> None:
        """Mark what enter opens."""
        self.refresh()

    def on_blur(self) -> None:
        """Take the mark away."""
        self.refresh()

    # Drawing -------------------------------------------------------------------------------------------------

    def on_resize(self, event: events.Resize) -> None:
        """Wrap again when the width changed."""
        self._fit()

    def watch_show_vertical_scrollbar(self) -> None:
        """It takes width, or gives it back, without a resize."""
        self.call_after_refresh(self._fit)

    def _fit(self) -> None:
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
        place = self._place() if self.has_focus else None
        chosen = place is not None and self._span(place)[0] <= at < self._span(place)[1]
        return self.strip([(" ", ""), *row.spans], cells, "cursor" if chosen else row.row)
