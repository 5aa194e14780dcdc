"""A unified diff, read line by line: fifty thousand lines open at once, because only those in sight are drawn."""

from __future__ import annotations

import re
from typing import Any, NamedTuple

from textual import events
from textual.geometry import Size
from textual.reactive import reactive
from textual.strip import Strip

from agents.text import visible
from loop_tui.widgets.canvas import Canvas
from loop_tui.widgets.words import Span

Json = dict[str, Any]
_HUNK = re.compile(r"@@ -(\d+)(?:,\d+)? \+(\d+)(?:,\d+)? @@(.*)")
_MOST = 1000  # characters of one line that are drawn


class Row(NamedTuple):
    """One line of a diff: kind is file, hunk, add, del, same or note."""

    kind: str
    old: int
    new: int
    text: str
    path: str


def parse(diff: str, remarks: list[Json] | None = None) -> list[Row]:
    """Rows of a unified diff, with remarks under the lines they are about."""
    about: dict[tuple[str, int], list[Json]] = {}
    for remark in remarks or []:
        about.setdefault((remark["path"] or "", remark["line"] or 0), []).append(remark)
    rows: list[Row] = []
    path, old, new, inside = "", 0, 0, False
    for text in diff.split("\n"):
        first = text[:1]
        if first == "d" and text.startswith("diff --git"):
            inside, path = False, text.rpartition(" b/")[2]
            rows.append(Row("file", 0, 0, path, path))
        elif first == "@" and (match := _HUNK.match(text)):
            old, new, inside = int(match[1]), int(match[2]), True
            rows.append(Row("hunk", 0, 0, match[3].strip(), path))
        elif not inside:
            if text.startswith(("Binary files", "rename ", "deleted file", "new file")):
                rows.append(Row("note", 0, 0, text, path))
        elif first == "+":
            rows.append(Row("add", 0, new, text[1:], path))
            rows += _remarks(about.get((path, new)), path)
            new += 1
        elif first == "-":
            rows.append(Row("del", old, 0, text[1:], path))
            old += 1
        elif first == " ":
            rows.append(Row("same", old, new, text[1:], path))
            rows += _remarks(about.get((path, new)), path)
            old, new = old + 1, new + 1
        elif first == "\\":
            rows.append(Row("note", 0, 0, text[2:], path))
    return rows


def _remarks(found: list[Json] | None, path: str) -> list[Row]:
    return [Row("remark", 0, 0, f"{r['severity']}: {r['text']} — {r['author']}", path) for r in found or []]


class DiffView(Canvas):
    """The diff with a cursor."""

    cursor: reactive[int] = reactive(0, repaint=False)

    def __init__(self, rows: list[Row], *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.rows = rows
        self._digits = max(3, len(str(max((max(row.old, row.new) for row in rows), default=0))))

    def on_mount(self) -> None:
        """Say how long it is."""
        self._measure()

    def on_resize(self, event: events.Resize) -> None:
        """Fit again."""
        self._measure()
        self._follow()

    def _measure(self) -> None:
        self.virtual_size = Size(self.size.width, len(self.rows))

    def show(self, rows: list[Row]) -> None:
        """Show another diff."""
        self.rows = rows
        self._digits = max(3, len(str(max((max(row.old, row.new) for row in rows), default=0))))
        self._measure()
        self.cursor = 0
        self.refresh()

    @property
    def here(self) -> Row | None:
        """The row under the cursor."""
        return self.rows[self.cursor] if self.cursor < len(self.rows) else None

    def move(self, by: int) -> None:
        """Move the cursor by lines."""
        self.cursor = max(0, min(self.cursor + by, len(self.rows) - 1))

    def top(self) -> None:
        """The first line."""
        self.cursor = 0

    def bottom(self) -> None:
        """The last line."""
        self.cursor = max(0, len(self.rows) - 1)

    def next(self, kind: str, direction: int) -> None:
        """The next (or last) hunk or file."""
        at = self.cursor + direction
        while 0 <= at < len(self.rows):
            if self.rows[at].kind == kind:
                self.cursor = at
                if direction > 0:
                    self.jump(at - 2)
                return
            at += direction

    def _follow(self) -> None:
        top, height = int(self.scroll_offset.y), self.size.height
        if self.cursor < top:
            self.jump(self.cursor)
        elif height and self.cursor >= top + height:
            self.jump(self.cursor + 1 - height)

    def watch_cursor(self, before: int, after: int) -> None:
        """Draw two lines and follow."""
        self.repaint_lines(before)
        self.repaint_lines(after)
        self._follow()

    def on_click(self, event: events.Click) -> None:
        """A click moves the cursor."""
        self.cursor = max(0, min(event.y + int(self.scroll_offset.y), len(self.rows) - 1))

    def render_line(self, y: int) -> Strip:
        """One line."""
        cells = self.scrollable_content_region.width
        at = y + int(self.scroll_offset.y)
        if at >= len(self.rows):
            return self.strip([], cells)
        row = self.rows[at]
        here = at == self.cursor
        mark: Span = ("▌" if here else " ", "accent")
        under = "cursor" if here else row.kind if row.kind in ("add", "del", "hunk") else ""
        return self.strip([mark, *self._spans(row)], cells, under)

    def _spans(self, row: Row) -> list[Span]:
        wide = self._digits
        text = visible(row.text[:_MOST]).replace("\t", "    ")
        if len(row.text) > _MOST:
            text += f"… {len(row.text) - _MOST:,} more characters"
        if row.kind == "file":
            return [(text, "bold")]
        if row.kind == "hunk":
            return [("─" * (2 * wide + 4) + " ", "dim"), (text, "dim")]
        gutter = " " * (2 * wide + 3)
        if row.kind == "remark":
            return [(gutter + "┆ ", "accent"), (text, "warn")]
        if row.kind == "note":
            return [(gutter + text, "dim")]
        old = str(row.old).rjust(wide) if row.old else " " * wide
        new = str(row.new).rjust(wide) if row.new else " " * wide
        sign = {"add": "+", "del": "-"}.get(row.kind, " ")
        return [(f"{old} {new} ", "dim"), (f"{sign} {text}", row.kind if row.kind != "same" else "")]
