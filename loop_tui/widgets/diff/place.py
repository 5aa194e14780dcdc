"""Where the cursor is, in words of the change; and where that is again after all was laid out anew."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from loop_tui.widgets.diff.layout import Item, Layout, Side
from loop_tui.widgets.diff.parse import Line


@dataclass(frozen=True)
class Place:
    """A line of a text of the change, or a range that ends there.

    Args:
        path: the file, as it is called on that side.
        side: "new" or "old".
        line: counts from 1.
        start: the first line of a range; None: that line alone.
        text: the lines.
    """

    path: str
    side: Side
    line: int
    start: int | None
    text: str


class Kept(NamedTuple):
    """What the cursor stood on, and on which row of the screen."""

    item: Item | None = None
    line: Line | None = None
    path: str = ""
    row: int = 0


def line_at(laid: Layout, item: Item, side: Side = "new") -> Line | None:
    """The line of an item: of that side where it has one, else of the other; None on what is no line."""
    if item.hunk < 0 or (item.left < 0 and item.right < 0):
        return None
    lines = laid.files[item.file].hunks[item.hunk].lines
    order = (item.left, item.right) if side == "old" else (item.right, item.left)
    return lines[order[0] if order[0] >= 0 else order[1]]


def place_at(laid: Layout, first: int, last: int, cursor: int, side: Side) -> Place | None:
    """The place of the items from `first` to `last`, on the side and in the file of the item at `cursor`."""
    item = laid.items[cursor] if cursor < len(laid.items) else None
    line = line_at(laid, item, side) if item is not None and item.kind in ("line", "remark") else None
    if item is None or line is None:
        return None
    on: Side = "old" if line.sign == "-" or (line.sign == " " and side == "old") else "new"
    found = {_number(line, on): line.text}
    for other in laid.items[first : last + 1]:
        there = line_at(laid, other, on) if other.kind == "line" and other.file == item.file else None
        if there is not None and _number(there, on):
            found[_number(there, on)] = there.text
    numbers = sorted(found)
    file = laid.files[item.file]
    return Place(
        file.old_path if on == "old" else file.path, on, numbers[-1], numbers[0] if len(numbers) > 1 else None,
        "\n".join(found[number] for number in numbers),
    )  # fmt: skip


def _number(line: Line, side: Side) -> int:
    return line.old if side == "old" else line.new


def found(laid: Layout, kept: Kept) -> int:
    """The item where the cursor stood: the same line, else the nearest of its file, else the file, else the first."""
    item = kept.item
    number = next((at for at, file in enumerate(laid.files) if file.path == kept.path), None)
    if item is None or number is None:
        return 0
    if item.remark is not None:
        same = (item.remark.id, item.remark.draft)
        for place, other in enumerate(laid.items):
            if other.remark is not None and (other.remark.id, other.remark.draft) == same:
                return place
    best, distance = laid.start_of(number), 1 << 30
    for place in range(best + 1, len(laid.items) if kept.line is not None else 0):
        other = laid.items[place]
        if other.file != number:
            break
        line = line_at(laid, other) if other.kind == "line" else None
        away = distance if line is None or kept.line is None else _apart(line, kept.line)
        if away < distance:
            best, distance = place, away
    return best


def _apart(one: Line, other: Line) -> int:
    """How many lines lie between two, by a text both are in."""
    if one.new and other.new:
        return abs(one.new - other.new)
    return abs(one.old - other.old) if one.old and other.old else 1 << 20
