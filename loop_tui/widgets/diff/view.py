"""The diff with a cursor: fifty thousand lines open at once, because only those in sight are coloured and drawn."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import ClassVar

from rich.style import Style
from textual import events
from textual.geometry import Region, Size
from textual.message import Message
from textual.reactive import reactive
from textual.strip import Strip

from loop_tui.widgets.canvas import Canvas
from loop_tui.widgets.diff.draw import Pen
from loop_tui.widgets.diff.layout import SPLIT, Frame, Item, Layout, Remark, Side, folded_at_first
from loop_tui.widgets.diff.parse import File, Line
from loop_tui.widgets.diff.text import MOST, cells_of
from loop_tui.widgets.words import Span

_STYLES = (
    "added", "removed", "void", "file", "range", "word-added", "word-removed",
    "match", "keyword", "string", "number", "comment", "name", "builtin",
)  # fmt: skip


@dataclass(frozen=True)
class Place:
    """A line of a text of the change, or a range that ends there."""

    path: str
    side: Side
    line: int
    start: int | None
    text: str


class DiffView(Canvas, inherit_bindings=False):
    """The lines of a diff."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {f"canvas--{name}" for name in _STYLES}
    DEFAULT_CSS = """
    DiffView .canvas--added { background: $loop-add; }
    DiffView .canvas--removed { background: $loop-del; }
    DiffView .canvas--void { background: $surface; }
    DiffView .canvas--file { background: $panel; }
    DiffView .canvas--range { background: $loop-tab; }
    DiffView .canvas--word-added { background: $success-muted; }
    DiffView .canvas--word-removed { background: $error-muted; }
    DiffView .canvas--match { background: $warning; color: $background; }
    DiffView .canvas--keyword { color: $primary; }
    DiffView .canvas--string { color: $text-success; }
    DiffView .canvas--number { color: $text-warning; }
    DiffView .canvas--comment { color: $loop-dim; text-style: italic; }
    DiffView .canvas--name { text-style: bold; }
    DiffView .canvas--builtin { color: $secondary; }
    """

    cursor: reactive[int] = reactive(0, repaint=False)

    class Moved(Message):
        """The cursor stands elsewhere."""

    class Scrolled(Message):
        """Other lines are in sight."""

    class Opened(Message):
        """An item was clicked twice."""

    def __init__(self, files: Sequence[File] = (), *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.files = list(files)
        self.remarks: list[Remark] = []
        self.folded = folded_at_first(self.files)
        self.opened: set[str] = set()
        self.wants_split: bool | None = None  # None: as the width has it
        self.wraps = False
        self.side: Side = "new"
        self.range_start: int | None = None  # where a marked range began
        self.pen = Pen()
        self._looks: dict[str, Style] = {}
        self._made: tuple[int, bool] = (0, False)
        self._set_layout(80)

    # Content -------------------------------------------------------------------------------------------------

    def show(self, files: Sequence[File]) -> None:
        """Show another diff of the same change; the cursor stays on its line where that is still there."""
        kept = self._kept()
        known = {file.path for file in self.files}
        self.files = list(files)
        self.pen = Pen(untested=self.pen.untested, viewed=self.pen.viewed, query=self.pen.query)
        self.folded |= {path for path in folded_at_first(self.files) if path not in known}
        self._again(kept)

    def say(self, remarks: Iterable[Remark]) -> None:
        """Show these remarks under their lines."""
        wanted = list(remarks)
        if wanted != self.remarks:
            kept = self._kept()
            self.remarks = wanted
            self._again(kept)

    def mark_viewed(self, paths: Collection[str]) -> None:
        """Files marked as viewed are folded; those no longer marked open."""
        fresh, gone = set(paths) - self.pen.viewed, self.pen.viewed - set(paths)
        if fresh or gone:
            kept = self._kept()
            self.pen.viewed = frozenset(paths)
            self.folded = (self.folded | fresh) - gone
            self._again(kept)

    def fold(self, path: str) -> None:
        """Fold a file, or open it."""
        kept = self._kept()
        self.folded ^= {path}
        self._again(kept)

    def show_outdated(self, path: str) -> None:
        """Show a file's outdated remarks, or hide them."""
        kept = self._kept()
        self.opened ^= {path}
        self._again(kept)

    def set_split(self, split: bool) -> None:
        """Old and new side by side, or one above the other."""
        kept = self._kept()
        self.wants_split = split
        self._again(kept)

    def set_wrap(self, wraps: bool) -> None:
        """Long lines take more rows, or are scrolled."""
        kept = self._kept()
        self.wraps, self.pen.column = wraps, 0
        self._again(kept)

    def find(self, pattern: re.Pattern[str] | None) -> None:
        """Mark what matches."""
        if pattern != self.pen.query:
            self.pen.query = pattern
            self.refresh()

    # Layout --------------------------------------------------------------------------------------------------

    @property
    def is_split(self) -> bool:
        """Whether old and new stand side by side now."""
        return self.laid.frame.split

    def _set_layout(self, cells: int) -> None:
        wanted = self.wants_split if self.wants_split is not None else cells >= SPLIT
        frame = Frame.of(self.files, cells, wanted and cells >= 40)
        self.laid = Layout(
            self.files, self.remarks, frame, folded=self.folded, opened=self.opened, wraps=self.wraps
        )  # fmt: skip
        self._made = (cells, frame.split)

    def _again(self, kept: tuple[Item | None, Line | None, str, int]) -> None:
        # Before it is laid out, what it will get: all but the scrollbar. A wrong guess costs one more layout.
        cells = self.scrollable_content_region.width or self.app.size.width - 1
        self._set_layout(cells)
        self.range_start = None
        size = Size(cells, self.laid.rows)
        if self.size.width:
            self.virtual_size = size
        else:  # the first layout is still to come: nothing is to be laid out again because of this
            self.set_reactive(DiffView.virtual_size, size)
        place = self._found(kept)
        self.set_reactive(DiffView.cursor, place)
        self.jump(self.laid.starts[place] - kept[3] if self.laid.items else 0)
        self._follow(near=True)
        self.refresh()
        self.post_message(self.Moved())
        self.post_message(self.Scrolled())

    def _kept(self) -> tuple[Item | None, Line | None, str, int]:
        """The item under the cursor, its line, its path, and its row on the screen."""
        item = self.item
        if item is None:
            return None, None, "", 0
        row = self.laid.starts[self.cursor] - int(self.scroll_offset.y)
        return item, self._line(item), self.path, row

    def _found(self, kept: tuple[Item | None, Line | None, str, int]) -> int:
        """Where that item is now: the same line, else the nearest one of its file, else the file."""
        item, line, path, _ = kept
        number = next((at for at, file in enumerate(self.files) if file.path == path), None)
        if item is None or number is None:
            return 0
        first = self.laid.start_of(number)
        if line is None:
            return first if item.kind != "remark" else self._place_of(item, first)
        best, distance = first, 1 << 30
        for place in range(first + 1, len(self.laid.items)):
            other = self.laid.items[place]
            if other.file != number:
                break
            if other.kind != "line":
                continue
            now = self._line(other)
            if now is None:
                continue
            away = _apart(now, line)
            if away < distance:
                best, distance = place, away
        if item.kind == "remark":
            return self._place_of(item, best)
        return best

    def _place_of(self, item: Item, otherwise: int) -> int:
        for place, other in enumerate(self.laid.items):
            if other.remark and item.remark and (other.remark.id, other.remark.draft) == (
                item.remark.id, item.remark.draft
            ):  # fmt: skip
                return place
        return otherwise

    def on_mount(self) -> None:
        """The first layout."""
        self.on_resize()

    def on_resize(self, event: events.Resize | None = None) -> None:
        """Another width is another layout."""
        cells = self.scrollable_content_region.width
        if cells and cells != self._made[0]:
            self._again(self._kept())
        else:
            self._follow(near=True)
            self.post_message(self.Scrolled())

    # Where the cursor is -------------------------------------------------------------------------------------

    @property
    def item(self) -> Item | None:
        """The item under the cursor."""
        items = self.laid.items
        return items[self.cursor] if self.cursor < len(items) else None

    @property
    def file(self) -> File | None:
        """The file the cursor is in."""
        item = self.item
        return self.files[item.file] if item is not None and item.file >= 0 else None

    @property
    def path(self) -> str:
        """Its path."""
        return self.file.path if self.file else ""

    def _line(self, item: Item, side: str = "new") -> Line | None:
        if item.hunk < 0 or (item.left < 0 and item.right < 0):
            return None
        lines = self.files[item.file].hunks[item.hunk].lines
        order = (item.left, item.right) if side == "old" else (item.right, item.left)
        return lines[order[0] if order[0] >= 0 else order[1]]

    @property
    def here(self) -> Place | None:
        """The line under the cursor, or the marked range; None on a header."""
        if self.item is None or self.item.kind not in ("line", "remark"):
            return None
        line = self._line(self.item, self.side if self.is_split else "new")
        if line is None or self.file is None:
            return None
        on: Side = "old" if line.sign == "-" or (line.sign == " " and self.is_split and self.side == "old") else "new"
        number = line.old if on == "old" else line.new
        lines = [(number, line.text)]
        if self.range_start is not None:
            for item in self.laid.items[min(self.range_start, self.cursor) : max(self.range_start, self.cursor) + 1]:
                other = self._line(item, on) if item.kind == "line" and item.file == self.item.file else None
                at = 0 if other is None else other.old if on == "old" else other.new
                if other is not None and at and at != number:
                    lines.append((at, other.text))
        lines.sort()
        start = lines[0][0] if len(lines) > 1 else None
        path = self.file.old_path if on == "old" else self.file.path
        return Place(path, on, lines[-1][0], start, "\n".join(text for _, text in lines))

    # Moving --------------------------------------------------------------------------------------------------

    def move(self, by: int) -> None:
        """Move the cursor by items."""
        self.cursor = max(0, min(self.cursor + by, len(self.laid.items) - 1))

    def half(self, direction: int) -> None:
        """Move by half a page of rows."""
        layout = self.laid
        row = layout.starts[self.cursor] + direction * max(1, self.size.height // 2)
        place, _ = layout.at(max(0, min(row, layout.rows - 1))) if layout.items else (0, 0)
        if place == self.cursor:
            place += direction
        self.cursor = max(0, min(place, len(layout.items) - 1))

    def top(self) -> None:
        """The first item."""
        self.cursor = 0

    def bottom(self) -> None:
        """The last item."""
        self.cursor = max(0, len(self.laid.items) - 1)

    def go(self, place: int) -> None:
        """Put the cursor on an item, with a few rows before it."""
        self.cursor = place
        row = self.laid.starts[place]
        if row - int(self.scroll_offset.y) > self.size.height * 2 // 3 or row < int(self.scroll_offset.y) + 1:
            self.jump(row - min(3, self.size.height // 4))

    def go_file(self, number: int) -> None:
        """To a file's header, at the top of the screen."""
        place = self.laid.start_of(number)
        self.cursor = place
        self.jump(self.laid.starts[place])

    def next(self, kind: str, direction: int) -> bool:
        """To the next (or last) hunk, file or remark; whether there is one. A hunk is entered at its first line."""
        kinds = ("remark", "outdated") if kind == "remark" else (kind,)
        inside = 1 if kind == "hunk" else 0
        items = self.laid.items
        at = self.cursor if direction > 0 else self.cursor - 1
        while 0 <= at < len(items):
            if items[at].kind in kinds and (at + inside - self.cursor) * direction > 0:
                if kind == "file":
                    self.go_file(items[at].file)
                else:
                    self.go(at + inside)
                return True
            at += direction
        return False

    def go_match(self, direction: int) -> tuple[int, int]:
        """To the next (1), last (-1) or nearest (0) match: which one it is, counting from 1, and of how many."""
        places = self._matches()
        if not places:
            closed = {path for path in self.folded if self._holds_match(path)}
            if closed:  # what is searched for is in files that are folded
                kept = self._kept()
                self.folded -= closed
                self._again(kept)
                places = self._matches()
        if not places:
            return 0, 0
        after = bisect_right(places, self.cursor)
        if direction < 0:
            at = bisect_left(places, self.cursor) - 1
        elif direction == 0 and after and places[after - 1] == self.cursor:
            at = after - 1
        else:
            at = after % len(places)
        self.go(places[at])
        self._reveal_match()
        return at % len(places) + 1, len(places)

    def _matches(self) -> list[int]:
        """The items that hold a match."""
        if self.pen.query is None:
            return []
        search = self.pen.query.search
        found = []
        for place, item in enumerate(self.laid.items):
            if item.kind == "line":
                lines = self.files[item.file].hunks[item.hunk].lines
                if any(search(lines[at].text[:MOST]) for at in {item.left, item.right} if at >= 0):
                    found.append(place)
            elif item.kind == "file" and search(self.files[item.file].path):
                found.append(place)
        return found

    def _holds_match(self, path: str) -> bool:
        query = self.pen.query
        return query is not None and any(
            query.search(line.text[:MOST])
            for file in self.files
            if file.path == path
            for hunk in file.hunks
            for line in hunk.lines
        )

    def _reveal_match(self) -> None:
        """Scroll sideways until the match under the cursor is in sight."""
        line = self._line(self.item, self.side) if self.item is not None else None
        hit = self.pen.query.search(line.text) if line is not None and self.pen.query is not None else None
        if line is None or hit is None or self.wraps:
            return
        room = self.laid.frame.text
        start, end = cells_of(line.text[: hit.start()]), cells_of(line.text[: hit.end()])
        if start < self.pen.column or end > self.pen.column + room:
            self.pen.column = 0 if end <= room else max(0, start - room // 3)
            self.refresh()

    def scroll_side(self, by: int) -> None:
        """Show what is further right or left."""
        if self.wraps:
            return
        room = self.laid.frame.text
        top = self.laid.at(int(self.scroll_offset.y))[0] if self.laid.items else 0
        seen = self.laid.items[top : top + self.size.height]
        most = max(0, self.laid.widest(seen) - room + 1)
        column = max(0, min(self.pen.column + by, max(most, self.pen.column if by < 0 else 0)))
        if column != self.pen.column:
            self.pen.column = column
            self.refresh()

    def set_range(self, on: bool) -> None:
        """Begin a range here, or end it."""
        before = self.range_start
        self.range_start = self.cursor if on else None
        if before is not None:
            self._repaint(before, self.cursor)
        self._repaint(self.cursor, self.cursor)

    def turn(self) -> None:
        """The other side of a split line."""
        self.side = "old" if self.side == "new" else "new"
        self._repaint(self.cursor, self.cursor)

    def repaint_item(self, item: Item) -> None:
        """Draw an item again, if it is in sight."""
        top = int(self.scroll_offset.y)
        for row in range(top, min(top + self.size.height, self.laid.rows)):
            place, part = self.laid.at(row)
            if part == 0 and self.laid.items[place] is item:
                self.repaint_place(place)

    def _repaint(self, first: int, last: int) -> None:
        first, last = min(first, last), max(first, last)
        starts = self.laid.starts
        for place in range(first, min(last + 1, len(starts) - 1)):
            self._repaint_lead(place) if self.laid.items[place].kind == "line" else self.repaint_place(place)

    def repaint_place(self, place: int) -> None:
        """Draw all of an item again."""
        self.repaint_lines(self.laid.starts[place], self.laid.starts[place + 1] - self.laid.starts[place])

    def _repaint_lead(self, place: int) -> None:
        """Draw what stands before the text of a line again: the cursor is shown nowhere else, which keeps it cheap."""
        frame, inside = self.laid.frame, self.scrollable_content_region.size
        top = int(self.scroll_offset.y)
        first, end = max(self.laid.starts[place], top) - top, min(self.laid.starts[place + 1] - top, inside.height)
        if first < end:
            self.refresh(Region(0, first, frame.gutter, end - first))
            if frame.split:
                self.refresh(Region(frame.half() + 1, first, frame.gutter, end - first))

    def _follow(self, *, near: bool = False) -> None:
        """Keep the cursor in sight; at an edge go on by a third, so that most lines cost two rows and not a page."""
        if not self.laid.items:
            return
        top, height = int(self.scroll_offset.y), self.size.height
        first, end = self.laid.starts[self.cursor], self.laid.starts[self.cursor + 1]
        more = 0 if near else height // 3
        if first < top:
            self.jump(first - more)
        elif height and end > top + height:
            self.jump(min(first, end - height + more))

    def watch_cursor(self, before: int, after: int) -> None:
        """Draw what was and what is under it."""
        if before == after:
            return
        if self.range_start is None:
            self._repaint(before, before)
            self._repaint(after, after)
        else:
            self._repaint(before, after)
        self._follow()
        self.post_message(self.Moved())

    def watch_scroll_y(self, before: float, after: float) -> None:
        """Tell that other lines are in sight."""
        super().watch_scroll_y(before, after)
        if int(before) != int(after):
            self.post_message(self.Scrolled())

    def on_click(self, event: events.Click) -> None:
        """A click moves the cursor, a second one opens."""
        row = event.y + int(self.scroll_offset.y)
        if 0 <= row < self.laid.rows:
            self.cursor = self.laid.at(row)[0]
            if self.is_split:
                self.side = "old" if event.x < self.laid.frame.half() else "new"
            if event.chain == 2:
                self.post_message(self.Opened())

    # Drawing -------------------------------------------------------------------------------------------------

    def look(self, name: str) -> Style:
        """The style of one name, or of several after one another."""
        found = self._looks.get(name)
        if found is None:
            found = Style.null()
            for part in name.split():
                found += super().look(part)
            self._looks[name] = found
        return found

    def strip(self, spans: Iterable[Span], cells: int, row: str = "") -> Strip:
        """One line; neighbours that look the same are one piece, because each costs some forty bytes."""
        return super().strip(spans, cells, row).simplify()

    def notify_style_update(self) -> None:
        """Another theme has other styles."""
        self._looks.clear()
        super().notify_style_update()

    def in_sight(self) -> list[Item]:
        """The items of which something is drawn."""
        if not self.laid.items:
            return []
        top = int(self.scroll_offset.y)
        first = self.laid.at(min(top, self.laid.rows - 1))[0]
        last = self.laid.at(min(top + self.size.height, self.laid.rows - 1))[0]
        return self.laid.items[first : last + 1]

    def render_line(self, y: int) -> Strip:
        """One row."""
        cells = self.scrollable_content_region.width
        row = y + int(self.scroll_offset.y)
        if row >= self.laid.rows:
            return self.strip([], cells)
        place, part = self.laid.at(row)
        item = self.laid.items[place]
        inside = self.range_start is not None and min(self.range_start, self.cursor) <= place <= max(
            self.range_start, self.cursor
        )
        rows = self.pen.rows(self.laid, item, here=place == self.cursor, inside=inside, side=self.side)
        return self.strip(rows[min(part, len(rows) - 1)], cells)


def _apart(one: Line, other: Line) -> int:
    """How many lines lie between two, by the text both are in."""
    if one.new and other.new:
        return abs(one.new - other.new)
    return abs(one.old - other.old) if one.old and other.old else 1 << 20
