"""One item of a diff as rows of styled spans. Style names add up from left to right: `added string word`."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from agents.text import one_line
from loop_tui.widgets.diff.layout import Item, Layout
from loop_tui.widgets.diff.parse import File, Hunk, Line
from loop_tui.widgets.diff.syntax import Syntax
from loop_tui.widgets.diff.text import Mark, cut, folded, joined, spans, window
from loop_tui.widgets.diff.words import Words
from loop_tui.widgets.words import Span, fill, width

_BASE = {"+": "added", "-": "removed", " ": ""}
_SIGN = {"+": "good", "-": "bad", " ": "dim"}
_STATUS = {"new": "A", "deleted": "D", "renamed": "R", "copied": "C"}
UNTESTED = "▏"


@dataclass
class Pen:
    """What drawing needs to know besides the layout.

    Args:
        untested: (path, line) of new lines that no test runs.
        viewed: paths marked as viewed.
        query: what is searched for, as a pattern; None: nothing.
        column: cells scrolled sideways.
    """

    syntax: Syntax = field(default_factory=Syntax)
    untested: frozenset[tuple[str, int]] = frozenset()
    viewed: frozenset[str] = frozenset()
    query: re.Pattern[str] | None = None
    column: int = 0
    _words: dict[int, Words] = field(default_factory=dict)

    def rows(
        self, layout: Layout, item: Item, *, here: bool = False, inside: bool = False, side: str = ""
    ) -> list[list[Span]]:
        """The rows of an item; `here`: the cursor is on it, `inside`: it is in the marked range."""
        under = "cursor" if here else "range" if inside else ""
        mark: Span = ("▌", f"{under} accent") if here or inside else (" ", "")
        cells = layout.frame.cells
        if item.kind == "line":
            return self._line(layout, item, under, mark[0], side)
        if item.kind == "remark":
            indent = " " * (layout.indent(item) - 2)
            bar = "accent" if item.remark and item.remark.draft else "warn"
            return [
                _padded([mark, (indent, under), ("┆ ", f"{under} {bar}"), *_over(row, under)], cells, under)
                for row in layout.said(item)
            ]
        file = layout.files[item.file]
        if item.kind == "file":
            made = self._file(layout, file, under or "file", cells - 1)
        elif item.kind == "hunk":
            made = self._hunk(layout, file.hunks[item.hunk], item, under)
        else:
            style = "warn" if item.kind == "outdated" else "dim"
            tail = "  enter shows them" if item.kind == "outdated" else ""
            indent = " " * (layout.frame.gutter - 1)
            made = [(indent, under), (one_line(item.text, 300), f"{under} {style}"), (tail, f"{under} dim")]
        return [_padded([mark, *made], cells, under or ("file" if item.kind == "file" else ""))]

    # Heads ---------------------------------------------------------------------------------------------------

    def _file(self, layout: Layout, file: File, under: str, cells: int) -> list[Span]:
        closed = file.path in layout.folded
        seen = ("✓ viewed ", f"{under} good") if file.path in self.viewed else ("", "")
        why = ""
        if closed and file.path not in self.viewed:
            why = "generated " if file.generated else "folded "
            why += f"· {file.size:,} lines · enter opens "
        right: list[Span] = [
            (why, f"{under} dim"), seen,
            (f"+{file.added:,} ", f"{under} good"), (f"−{file.removed:,} ", f"{under} bad"),
        ]  # fmt: skip
        name = one_line(file.path)
        if file.status in ("renamed", "copied"):
            name = f"{one_line(file.old_path)} → {name}"
        facts = f"  {one_line(' · '.join(file.facts))}" if file.facts else ""
        room = cells - 4
        if width(name) + 16 < room:
            room -= sum(width(text) for text, _ in right)
        else:
            right = []
        if width(name) > room:  # the end of a path says more than its start
            tail = window([(name, "")], width(name) - room + 1, room - 1)
            name = "…" + "".join(text for text, _ in tail)
        left: list[Span] = [
            ("▸ " if closed else "▾ ", f"{under} dim"), (_STATUS.get(file.status, "M"), f"{under} accent"),
            (" ", under), (name, f"{under} bold"), (facts, f"{under} dim"),
        ]  # fmt: skip
        shown = window(left, 0, room + 4)
        return [*_padded(shown, room + 4, under), *right]

    def _hunk(self, layout: Layout, hunk: Hunk, item: Item, under: str) -> list[Span]:
        wide = layout.frame.gutter - 2
        said: list[Span] = [("┄" * wide + " ", f"{under} dim")]
        if hunk.title:
            said.append((one_line(hunk.title, 200), f"{under} dim"))
        elif hunk.new <= 1:
            said.append(("start of the file", f"{under} dim"))
        else:
            said.append((f"line {hunk.new}", f"{under} dim"))
        return said

    # Lines ---------------------------------------------------------------------------------------------------

    def _line(self, layout: Layout, item: Item, under: str, mark: str, side: str) -> list[list[Span]]:
        file = layout.files[item.file]
        hunk = file.hunks[item.hunk]
        frame = layout.frame
        if not frame.split:
            at = item.right if item.right >= 0 else item.left
            return self._half(layout, file, hunk, at, under, mark, frame.half(), "both")
        on_left = item.right < 0 or (side == "old" and item.left >= 0)
        left = self._half(layout, file, hunk, item.left, under, mark if on_left else " ", frame.half(), "old")
        right = self._half(layout, file, hunk, item.right, under, " " if on_left else mark, frame.half(True), "new")
        while len(left) < len(right):
            left.append([(" " * frame.half(), "void" if item.left < 0 else left[0][-1][1])])
        while len(right) < len(left):
            right.append([(" " * frame.half(True), "void" if item.right < 0 else right[0][-1][1])])
        return [[*a, ("│", "dim"), *b] for a, b in zip(left, right, strict=True)]

    def _half(
        self, layout: Layout, file: File, hunk: Hunk, at: int, under: str, mark: str, cells: int, side: str
    ) -> list[list[Span]]:
        if at < 0:
            return [[(mark + " " * (layout.frame.gutter - 1), f"{under or 'void'} accent"),
                     (" " * (cells - layout.frame.gutter), "void")]]  # fmt: skip
        frame = layout.frame
        line = hunk.lines[at]
        base = _BASE[line.sign]
        lead = f"{under or base} {'bold' if under else _SIGN[line.sign]}"
        untested = line.sign != "-" and side != "old" and (file.path, line.new) in self.untested
        numbers = _numbers(line, frame.digits, frame.numbers, side)
        # Each change of style costs some forty bytes: where nothing is marked, all before the text is one piece.
        head: list[Span] = [(mark, f"{under} accent"), (numbers, lead)] if under else [(mark + numbers, lead)]
        if untested:
            head += [(UNTESTED, f"{under or base} warn"), (f"{line.sign} ", lead)]
        else:
            head.append((f" {line.sign} ", lead))
        room = cells - frame.gutter
        parts = [(text, f"{base} {style}".strip()) for text, style in self._text(file, hunk, at, line)]
        if not layout.wraps:
            return [_padded([*head, *_seen(parts, self.column, room, base)], cells, base)]
        rows = folded(parts, frame.text)
        more: Span = (mark + " " * (frame.gutter - 2) + "↪", lead)
        return [_padded([*([more] if number else head), *row], cells, base) for number, row in enumerate(rows)]

    def _text(self, file: File, hunk: Hunk, at: int, line: Line) -> list[Span]:
        raw = line.text
        tail: list[Span] = []
        if raw.endswith("\r"):
            raw = raw[:-1]
            if not file.carriage:
                tail.append(("␍", "dim"))
        shown, more = cut(raw)
        if more:
            tail.append((more, "dim"))
        if line.bare:
            tail.append(("  no newline at the end", "dim"))
        words: list[Mark] = []
        if line.sign != " ":
            name = "word-added" if line.sign == "+" else "word-removed"
            words = [(start, end, name) for start, end in self._words_of(hunk).of(at)]
        found: list[Mark] = []
        if self.query is not None:
            found = [(hit.start(), hit.end(), "match") for hit in self.query.finditer(shown) if hit.end() > hit.start()]
        return [*spans(shown, (joined(shown, self.syntax.marks(file, hunk, at)), words, found)), *tail]

    def _words_of(self, hunk: Hunk) -> Words:
        known = self._words.get(id(hunk))
        if known is None:
            known = self._words[id(hunk)] = Words(hunk)
        return known


def _numbers(line: Line, digits: int, columns: int, side: str) -> str:
    old = str(line.old).rjust(digits) if line.old else " " * digits
    new = str(line.new).rjust(digits) if line.new else " " * digits
    if columns == 2:
        return f"{old} {new} "
    if side == "both":
        return f"{new if line.new else old} "
    return f"{old if side == 'old' else new} "


def _seen(parts: Sequence[Span], column: int, room: int, base: str) -> list[Span]:
    """The part of a line between two columns, with a mark where it goes on."""
    shown = window(parts, column, room)
    if sum(width(text) for text, _ in parts) - column > room:
        return [*_padded(window(shown, 0, room - 1), room - 1, base), ("›", f"{base} dim")]
    return shown


def _over(row: Sequence[Span], under: str) -> list[Span]:
    return [(text, f"{under} {style}".strip()) for text, style in row]


def _padded(parts: list[Span], cells: int, base: str) -> list[Span]:
    free = cells - sum(width(text) for text, _ in parts)
    return [*parts, (" " * free, base)] if free >= 0 else fill(parts, cells)
