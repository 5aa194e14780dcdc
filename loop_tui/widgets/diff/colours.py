"""Reads the files of a diff, in slices, so that strings and comments over many lines are coloured right."""

from __future__ import annotations

import asyncio
from typing import Any, Literal

from agents.inbox import Inbox
from loop_tui.widgets.diff.draw import Pen
from loop_tui.widgets.diff.layout import Item
from loop_tui.widgets.diff.parse import File
from loop_tui.widgets.diff.view import DiffView

_SLICE = 0.006  # seconds of reading between two chances for a key


class Colours:
    """Works for one diff.

    Args:
        inbox: gives the texts.
        report_id: the report.
        old: whether the old side of the diff is the base of the change.
    """

    def __init__(self, inbox: Inbox, report_id: int, *, old: bool) -> None:
        self._inbox, self._report_id, self._old = inbox, report_id, old
        self._asked: set[tuple[int, str]] = set()

    async def work(self, view: DiffView) -> None:
        """Colour the lines in sight from whole files; draws those again that look different then."""
        await asyncio.sleep(0.03)  # a key held down passes many lines
        pen, items = view.pen, [item for item in view.in_sight() if item.kind == "line"]
        before = [_marks(view, pen, item) for item in items]
        for number in dict.fromkeys(item.file for item in items):
            file = view.files[number]
            for side, line in _last(file, [item for item in items if item.file == number]).items():
                if side == "new" or self._old:
                    await self._read(pen, file, side, line)
        if view.pen is pen:
            for item, marks in zip(items, before, strict=True):
                if _marks(view, pen, item) != marks:
                    view.repaint_item(item)

    async def _read(self, pen: Pen, file: File, side: str, line: int) -> None:
        if pen.syntax.lexer(file.path) is None:
            return
        if (id(file), side) not in self._asked:
            which: Literal["head", "base"] = "head" if side == "new" else "base"
            path = file.path if side == "new" else file.old_path
            text = await self._inbox.file_at(self._report_id, path, which)
            self._asked.add((id(file), side))
            pen.syntax.know(file, side, text)
        while not pen.syntax.advance(file, side, line, _SLICE):  # noqa: ASYNC110  (keys get their turn)
            await asyncio.sleep(0)


def _last(file: File, items: list[Item]) -> dict[str, int]:
    """The last line in sight of each side of a file."""
    last: dict[str, int] = {}
    for item in items:
        for at in {item.left, item.right} - {-1}:
            line = file.hunks[item.hunk].lines[at]
            side, number = ("old", line.old) if line.sign == "-" else ("new", line.new)
            last[side] = max(last.get(side, 0), number)
    return last


def _marks(view: DiffView, pen: Pen, item: Item) -> list[Any]:
    file = view.files[item.file]
    return [pen.syntax.marks(file, file.hunks[item.hunk], at) for at in (item.left, item.right) if at >= 0]
