"""Which items a diff shows, from top to bottom, and how many rows each takes."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Literal, NamedTuple

from loop_tui.widgets.diff.parse import HUGE, File, Hunk
from loop_tui.widgets.diff.text import cells_of, height
from loop_tui.widgets.lines import Line as Paragraph
from loop_tui.widgets.lines import block, wrap
from loop_tui.widgets.words import Span

Side = Literal["new", "old"]
SPLIT = 140  # columns from which on old and new stand side by side
_ONE_NUMBER = 60  # columns below which a line has one number


@dataclass(frozen=True)
class Remark:
    """What somebody said about a line, sent or still a draft.

    Args:
        id: of the comment or of the draft.
        path: "" when it is about the whole change.
        side: "new" or "old": which text `line` counts in.
        line: where it stands now; None: its line is gone, or it is about the file.
        start: the first line of a range that ends at `line`.
        text: the words.
        author: who said it.
        severity: how bad, "" for a person's words.
        draft: whether it is not sent yet.
        outdated: whether the line it was about has changed since.
        quote: the lines it was about, as they were.
    """

    id: int
    path: str
    side: Side
    line: int | None
    start: int | None
    text: str
    author: str
    severity: str = ""
    draft: bool = False
    outdated: bool = False
    quote: str = ""


class Item(NamedTuple):
    """Something the cursor can stand on: file · hunk · line · remark · outdated."""

    kind: str
    file: int = -1
    hunk: int = -1
    left: int = -1  # place in the hunk of what is shown as the old line
    right: int = -1  # and of the new one
    remark: Remark | None = None
    text: str = ""


@dataclass(frozen=True)
class Frame:
    """How a line is divided.

    Args:
        cells: all of it.
        split: old and new side by side.
        digits: cells of a line number.
        numbers: columns of numbers in one half.
    """

    cells: int
    split: bool
    digits: int
    numbers: int

    @classmethod
    def of(cls, files: Sequence[File], cells: int, split: bool) -> Frame:
        """The frame of a diff at a width."""
        last = max((max(h.lines[-1].old, h.lines[-1].new, h.new) for f in files for h in f.hunks if h.lines), default=0)
        return cls(cells, split, max(2, len(str(last))), 1 if split or cells < _ONE_NUMBER else 2)

    @property
    def gutter(self) -> int:
        """Cells before the text: cursor, numbers, mark, sign."""
        return 1 + self.numbers * (self.digits + 1) + 3

    def half(self, right: bool = False) -> int:
        """Cells of one half; without a split, of all."""
        if not self.split:
            return self.cells
        left = (self.cells - 1) // 2
        return self.cells - 1 - left if right else left

    @property
    def text(self) -> int:
        """Cells of the text of one (the narrower) half."""
        return max(4, self.half() - self.gutter)


class Layout:
    """Items with their places.

    Args:
        files: the diff.
        remarks: what was said about it.
        frame: how lines are divided.
        folded: paths of files of which only the header is shown.
        opened: paths whose outdated remarks are shown.
        wraps: long lines take more rows.
    """

    def __init__(
        self,
        files: Sequence[File],
        remarks: Iterable[Remark],
        frame: Frame,
        *,
        folded: Collection[str] = (),
        opened: Collection[str] = (),
        wraps: bool = False,
    ) -> None:
        self.files, self.frame, self.wraps = files, frame, wraps
        self.folded, self._opened = folded, opened
        self._about: dict[str, list[Remark]] = {}
        for remark in remarks:
            self._about.setdefault(remark.path, []).append(remark)
        self.items: list[Item] = []
        known = {file.path for file in files} | {file.old_path for file in files}
        for path, said in self._about.items():
            if path not in known:
                self.items += [Item("remark", remark=remark) for remark in said]
        self._starts_of_files: list[int] = []
        for number in range(len(files)):
            self._starts_of_files.append(len(self.items))
            self._file(number)
        self.starts = [0, *accumulate(map(self._rows_of, self.items))]

    # Items ---------------------------------------------------------------------------------------------------

    def _file(self, number: int) -> None:
        file = self.files[number]
        add = self.items.append
        add(Item("file", number))
        if file.path in self.folded:
            return
        said = self._about.get(file.path, [])
        if file.old_path != file.path and file.status == "renamed":
            said = said + self._about.get(file.old_path, [])
        old = [remark for remark in said if remark.outdated]
        if old:
            word = "comment is" if len(old) == 1 else "comments are"
            add(Item("outdated", number, text=f"{len(old)} {word} about lines that have changed since"))
            if file.path in self._opened:
                self.items += [Item("remark", number, remark=remark) for remark in old]
        lines: dict[tuple[str, int], list[Remark]] = {}
        for remark in said:
            if not remark.outdated:
                lines.setdefault((remark.side, remark.line or 0), []).append(remark)
        self._unplaced(number, file, lines)
        body = self._split if self.frame.split else self._unified
        for place, hunk in enumerate(file.hunks):
            add(Item("hunk", number, place, text=hunk.title))
            body(number, place, hunk, lines)

    def _unplaced(self, number: int, file: File, lines: dict[tuple[str, int], list[Remark]]) -> None:
        """Remarks about lines that the diff does not show stand at the head of the file."""
        if not lines:
            return
        shown = {("old", line.old) for hunk in file.hunks for line in hunk.lines}
        shown |= {("new", line.new) for hunk in file.hunks for line in hunk.lines}
        shown -= {("old", 0), ("new", 0)}
        for key in [key for key in lines if key not in shown]:
            self.items += [Item("remark", number, remark=remark) for remark in lines.pop(key)]

    def _unified(self, number: int, place: int, hunk: Hunk, said: dict[tuple[str, int], list[Remark]]) -> None:
        items = self.items
        for at, line in enumerate(hunk.lines):
            sign = line.sign
            items.append(Item("line", number, place, at if sign != "+" else -1, at if sign != "-" else -1))
            if said:
                self._under(number, hunk, items[-1], said)

    def _split(self, number: int, place: int, hunk: Hunk, said: dict[tuple[str, int], list[Remark]]) -> None:
        lines = hunk.lines
        at, end = 0, len(lines)
        while at < end:
            if lines[at].sign == " ":
                pairs = [(at, at)]
                at += 1
            else:
                first = at
                while at < end and lines[at].sign == "-":
                    at += 1
                middle = at
                while at < end and lines[at].sign == "+":
                    at += 1
                count = max(middle - first, at - middle)
                pairs = [
                    (first + k if first + k < middle else -1, middle + k if middle + k < at else -1)
                    for k in range(count)
                ]
            for left, right in pairs:
                self.items.append(Item("line", number, place, left, right))
                if said:
                    self._under(number, hunk, self.items[-1], said)

    def _under(self, number: int, hunk: Hunk, item: Item, said: dict[tuple[str, int], list[Remark]]) -> None:
        for side, at in (("old", item.left), ("new", item.right)):
            if at >= 0:
                line = hunk.lines[at]
                for remark in said.get((side, line.old if side == "old" else line.new), ()):
                    self.items.append(Item("remark", number, item.hunk, item.left, item.right, remark))

    # Places --------------------------------------------------------------------------------------------------

    def _rows_of(self, item: Item) -> int:
        if item.kind == "remark":
            return len(self.said(item))
        if item.kind != "line" or not self.wraps:
            return 1
        lines = self.files[item.file].hunks[item.hunk].lines
        room = self.frame.text
        return max(height(lines[at].text, room) for at in {item.left, item.right} if at >= 0)

    @property
    def rows(self) -> int:
        """Rows of all items."""
        return self.starts[-1]

    def at(self, row: int) -> tuple[int, int]:
        """(item, row inside it) at a row."""
        place = bisect_right(self.starts, row) - 1
        return place, row - self.starts[place]

    def start_of(self, file: int) -> int:
        """The item that heads a file."""
        return self._starts_of_files[file]

    def widest(self, items: Iterable[Item]) -> int:
        """Cells of the longest line among some items."""
        return max(
            (
                cells_of(self.files[item.file].hunks[item.hunk].lines[at].text)
                for item in items
                if item.kind == "line"
                for at in (item.left, item.right)
                if at >= 0
            ),
            default=0,
        )

    def indent(self, item: Item) -> int:
        """Cells before a remark: it stands under the text of its side."""
        right = self.frame.split and item.hunk >= 0 and item.remark is not None and item.remark.side == "new"
        return (self.frame.half() + 1 if right else 0) + self.frame.gutter

    def said(self, item: Item) -> list[list[Span]]:
        """A remark as rows."""
        remark = item.remark
        if remark is None:
            return [[]]
        who = f"{remark.author}, draft" if remark.draft else remark.author
        head = f"{remark.severity} · {who}" if remark.severity else who
        where = ""
        if remark.line is None and remark.path:
            where = "  on lines that have changed" if remark.outdated else "  on the file"
        elif remark.start is not None and remark.start != remark.line:
            where = f"  lines {remark.start}–{remark.line}"
        elif item.hunk < 0 and remark.line is not None:
            where = f"  line {remark.line}, not shown"
        style = "accent" if remark.draft else "warn" if remark.severity in ("must-fix", "should-fix") else "bold"
        paragraphs = [Paragraph(((line_of(head), style), (where, "dim")))]
        if remark.outdated and remark.quote:
            paragraphs += block(remark.quote, "dim")
        paragraphs += block(remark.text or "…")
        room = max(10, min(self.frame.cells - self.indent(item) - 2, 100))
        return [row.spans for paragraph in paragraphs for row in wrap(paragraph, room)]


def line_of(text: str) -> str:
    """Outside words as one safe line."""
    from agents.text import one_line

    return one_line(text, 200)


def folded_at_first(files: Sequence[File]) -> set[str]:
    """Files that are read by opening them: written by programs, or huge where there are others."""
    many = len(files) > 1
    return {file.path for file in files if many and (file.generated or file.size > HUGE)}
