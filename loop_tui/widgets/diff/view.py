"""The diff with a cursor: fifty thousand lines open at once, because only those in sight are coloured and drawn."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Collection, Iterable, Sequence

from rich.style import Style
from textual import events
from textual.geometry import Region, Size
from textual.message import Message
from textual.reactive import reactive
from textual.strip import Strip

from loop_tui.widgets.canvas import Canvas
from loop_tui.widgets.diff.draw import Pen
from loop_tui.widgets.diff.find import column_for, folded_matches, matches
from loop_tui.widgets.diff.layout import SPLIT, Frame, Item, Layout, Remark, Side, folded_at_first
from loop_tui.widgets.diff.parse import File
from loop_tui.widgets.diff.place import Kept, Place, found, line_at, place_at
from loop_tui.widgets.words import Span

# Of the screen that shows it, beside those that every screen has.
STYLES = (
    "added", "removed", "void", "file", "range", "word-added", "word-removed",
    "match", "keyword", "string", "number", "comment", "name", "builtin",
)  # fmt: skip


class DiffView(Canvas, inherit_bindings=False):
    """The lines of a diff."""

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

    def _again(self, kept: Kept) -> None:
        # Before it is laid out, what it will get: all but the scrollbar. A wrong guess costs one more layout.
        cells = self.scrollable_content_region.width or self.app.size.width - 1
        self._set_layout(cells)
        self.range_start = None
        size = Size(cells, self.laid.rows)
        if self.size.width:
            self.virtual_size = size
        else:  # the first layout is still to come: nothing is to be laid out again because of this
            self.set_reactive(DiffView.virtual_size, size)
        place = found(self.laid, kept)
        self.set_reactive(DiffView.cursor, place)
        self.jump(self.laid.starts[place] - kept.row if self.laid.items else 0)
        self._follow(near=True)
        self.refresh()
        self.post_message(self.Moved())
        self.post_message(self.Scrolled())

    def _kept(self) -> Kept:
        item = self.item
        if item is None:
            return Kept()
        row = self.laid.starts[self.cursor] - int(self.scroll_offset.y)
        return Kept(item, line_at(self.laid, item), self.path, row)

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

    @property
    def here(self) -> Place | None:
        """The line under the cursor, or the marked range; None on a header."""
        first, last = self._range
        return place_at(self.laid, first, last, self.cursor, self.side if self.is_split else "new")

    @property
    def _range(self) -> tuple[int, int]:
        start = self.cursor if self.range_start is None else self.range_start
        return min(start, self.cursor), max(start, self.cursor)

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
        query = self.pen.query
        if query is None:
            return 0, 0
        places = matches(self.laid, query)
        if not places and (closed := folded_matches(self.laid, query)):
            kept = self._kept()
            self.folded -= closed
            self._again(kept)
            places = matches(self.laid, query)
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
        line = line_at(self.laid, self.laid.items[places[at]], self.side)
        if line is not None and not self.wraps:
            self._set_column(column_for(line.text, query, self.pen.column, self.laid.frame.text))
        return at % len(places) + 1, len(places)

    def scroll_side(self, by: int) -> None:
        """Show what is further right or left."""
        if self.wraps:
            return
        room = self.laid.frame.text
        top = self.laid.at(int(self.scroll_offset.y))[0] if self.laid.items else 0
        seen = self.laid.items[top : top + self.size.height]
        most = max(0, self.laid.widest(seen) - room + 1)
        self._set_column(max(0, min(self.pen.column + by, max(most, self.pen.column if by < 0 else 0))))

    def _set_column(self, column: int) -> None:
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
        first, last = self._range
        inside = first < last and first <= place <= last
        rows = self.pen.rows(self.laid, item, here=place == self.cursor, inside=inside, side=self.side)
        return self.strip(rows[min(part, len(rows) - 1)], cells)
