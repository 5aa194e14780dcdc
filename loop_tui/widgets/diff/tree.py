"""The files of a diff as a tree: what kind of change each is, how large, what was viewed and said."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from textual import events
from textual.geometry import Size
from textual.message import Message
from textual.reactive import reactive
from textual.strip import Strip

from agents.text import one_line
from loop_tui.widgets.canvas import Canvas
from loop_tui.widgets.diff.layout import Remark
from loop_tui.widgets.diff.parse import File
from loop_tui.widgets.words import Span, fit, width

_LETTER = {"new": "A", "deleted": "D", "renamed": "R", "copied": "C"}


@dataclass(frozen=True)
class Branch:
    """One row: a folder (file -1) or a file."""

    depth: int
    name: str
    file: int = -1


def branches(paths: Sequence[str]) -> list[Branch]:
    """The rows of a tree of paths, in their order; folders with one way on are one row."""
    rows: list[Branch] = []
    trail: list[str] = []  # the folders that stand open, each with the slash at its end
    for number, path in enumerate(paths):
        folder, slash, name = path.rpartition("/")
        folder += slash
        depth = 0
        while depth < len(trail) and folder.startswith(trail[depth]):
            folder = folder[len(trail[depth]) :]
            depth += 1
        del trail[depth:]
        if folder:
            rows.append(Branch(depth, folder))
            trail.append(folder)
        rows.append(Branch(len(trail), name, number))
    return rows


class FileTree(Canvas, inherit_bindings=False):
    """The files, with a cursor."""

    cursor: reactive[int] = reactive(0, repaint=False)

    class Moved(Message):
        """Another file is under the cursor."""

    class Chosen(Message):
        """A file was clicked twice."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.files: Sequence[File] = ()
        self._rows: list[Branch] = []
        self._viewed: frozenset[str] = frozenset()
        self._said: Counter[str] = Counter()

    def show(self, files: Sequence[File], viewed: Collection[str], remarks: Collection[Remark]) -> None:
        """Show these files."""
        if files is not self.files:
            self.files = files
            self._rows = branches([file.path for file in files])
        self._viewed = frozenset(viewed)
        self._said = Counter(remark.path for remark in remarks)
        self.virtual_size = Size(self.size.width, len(self._rows))
        self.refresh()

    @property
    def file(self) -> int:
        """The number of the file under the cursor, -1: none."""
        return self._rows[self.cursor].file if self.cursor < len(self._rows) else -1

    def select(self, number: int) -> None:
        """Put the cursor on a file."""
        for place, row in enumerate(self._rows):
            if row.file == number:
                self.set_reactive(FileTree.cursor, place)
                self._follow()
                self.refresh()

    def move(self, by: int) -> None:
        """Move by files; folders are passed over."""
        places = [place for place, row in enumerate(self._rows) if row.file >= 0]
        if not places:
            return
        now = places.index(self.cursor) if self.cursor in places else 0
        self.cursor = places[max(0, min(now + by, len(places) - 1))]

    def half(self, direction: int) -> None:
        """Move by half a page."""
        self.move(direction * max(1, self.size.height // 2))

    def top(self) -> None:
        """The first file."""
        self.move(-len(self._rows))

    def bottom(self) -> None:
        """The last file."""
        self.move(len(self._rows))

    def watch_cursor(self, before: int, after: int) -> None:
        """Draw two rows."""
        if before != after:
            self.repaint_lines(before)
            self.repaint_lines(after)
            self._follow()
            self.post_message(self.Moved())

    def _follow(self) -> None:
        top, height = int(self.scroll_offset.y), self.size.height
        if self.cursor < top:
            self.jump(self.cursor if self.cursor > 1 else 0)
        elif height and self.cursor >= top + height:
            self.jump(self.cursor + 1 - height)

    def on_focus(self) -> None:
        """The cursor looks different with the focus."""
        self.repaint_lines(self.cursor)

    def on_blur(self) -> None:
        """And without."""
        self.repaint_lines(self.cursor)

    def on_click(self, event: events.Click) -> None:
        """A click selects, a second one opens."""
        place = event.y + int(self.scroll_offset.y)
        if 0 <= place < len(self._rows) and self._rows[place].file >= 0:
            self.cursor = place
            if event.chain == 2:
                self.post_message(self.Chosen())

    def render_line(self, y: int) -> Strip:
        """One row."""
        cells = self.scrollable_content_region.width
        place = y + int(self.scroll_offset.y)
        if place >= len(self._rows):
            return self.strip([], cells)
        row = self._rows[place]
        indent = "  " * min(row.depth, max(0, cells // 6))
        if row.file < 0:
            return self.strip([(" " + indent, ""), (fit(row.name, cells - len(indent) - 2), "dim")], cells)
        file = self.files[row.file]
        here = place == self.cursor
        viewed = file.path in self._viewed
        said = self._said[file.path]
        right: list[Span] = [
            (f" ┆{said}" if said else "", "warn"), (f" +{file.added:,}", "good"), (f" −{file.removed:,} ", "bad"),
        ]  # fmt: skip
        if cells < 24:
            right = [(" ", "")]
        room = cells - 2 - len(indent) - 4 - sum(width(text) for text, _ in right)
        left: list[Span] = [
            ("▌" if here else " ", "accent"), (indent, ""), ("✓ " if viewed else "○ ", "good" if viewed else "dim"),
            (_LETTER.get(file.status, "M") + " ", "accent"),
            (fit(one_line(row.name), room + 1), "dim" if viewed else ""),
        ]  # fmt: skip
        return self.strip([*left, *right], cells, ("cursor" if self.has_focus else "idle") if here else "")
