"""A rate over time in block characters, with the merge marked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import floor, log10
from typing import Any

from loop_tui.widgets.lines import Line, line
from loop_tui.widgets.words import Span, moment, number, when

Json = dict[str, Any]
_HEIGHT = 4
_WIDEST = 6  # cells of one bucket
_MOST = 72  # cells of the plot: wider says no more
_BLOCKS = " ▁▂▃▄▅▆▇█"


@dataclass(frozen=True)
class _Column:
    at: datetime
    rate: float | None  # None: nothing was counted then
    after: bool


@dataclass(frozen=True)
class _Mark:
    at: datetime
    word: str
    sign: str


def plot(series: Json, cells: int, per: float, *, ascii: bool = False) -> list[Line]:
    """The plot of a series.

    Args:
        series: as `Inbox.series` gives it.
        cells: room from left to right.
        per: how much exposure a rate is told for, e.g. 1000.
        ascii: without block characters.
    """
    buckets = series["buckets"]
    if not buckets:
        return []
    marks = _marks(series, ascii)
    wide = 3
    for _ in range(2):  # the labels take room from the columns, and the columns decide the labels
        room = max(8, min(cells - wide - 2 - len(marks), _MOST))
        columns = _columns(buckets, room, per, marks)
        top = nice(max((column.rate or 0 for column in columns), default=0))
        labels = [number(top), "", number(top / 2), ""]
        wide = max(wide, *map(len, labels))
    size = min(_WIDEST, max(1, room // len(columns)))
    places = [_place(columns, mark) for mark in marks]
    rows = []
    for row in range(_HEIGHT):
        axis = "|" if ascii else "┤" if labels[row] else "│"
        spans: list[Span] = [(f"{labels[row]:>{wide}} {axis}", "dim")]
        for at, column in enumerate(columns):
            spans += [(mark.sign, "accent") for mark, place in zip(marks, places, strict=True) if place == at]
            spans.append((_cell(column.rate, top, row, ascii) * size, "accent" if column.after else "dim"))
        spans += [(mark.sign, "accent") for mark, place in zip(marks, places, strict=True) if place == len(columns)]
        rows.append(line(*spans, wrap=False))
    rows.append(line((_floor(columns, places, size, wide, ascii), "dim"), wrap=False))
    width = len(columns) * size + len(marks)
    rows.append(line((" " * (wide + 2) + _times(columns, width, series["size"]), "dim"), wrap=False))
    if marks:
        told = "   ".join(f"{mark.sign} {mark.word} {when(mark.at.isoformat())}" for mark in marks)
        rows.append(line((" " * (wide + 2), ""), (told, "accent"), hang=wide + 2))
    return rows


def nice(value: float) -> float:
    """The smallest of 1, 2, 5, 10, 20 … that is not below a value; 1 for 0."""
    if value < 1e-9:
        return 1.0
    step = 10.0 ** floor(log10(value))
    return next((step * factor for factor in (1, 2, 5) if step * factor >= value * (1 - 1e-9)), step * 10)


def _marks(series: Json, ascii: bool) -> list[_Mark]:
    found = [
        _Mark(at, word, plain if ascii else sign)
        for name, word, sign, plain in (("merged_at", "merged", "┊", ":"), ("live_at", "live", "│", "|"))
        if (at := moment(series.get(name))) is not None
    ]
    return sorted(found, key=lambda mark: mark.at)


def _columns(buckets: Sequence[Json], room: int, per: float, marks: Sequence[_Mark]) -> list[_Column]:
    """As many columns as there is room for: neighbours are added up."""
    together = -(-len(buckets) // room)
    live = marks[-1].at if marks else None
    columns = []
    for start in range(0, len(buckets), together):
        part = buckets[start : start + together]
        exposure = sum(bucket["exposure"] for bucket in part)
        events = sum(bucket["events"] for bucket in part)
        at = moment(part[0]["at"])
        assert at is not None
        rate = events / exposure * per if exposure else None
        columns.append(_Column(at, rate, live is not None and at >= live))
    return columns


def _place(columns: Sequence[_Column], mark: _Mark) -> int:
    """The column before which a mark stands."""
    return next((place for place, column in enumerate(columns) if column.at >= mark.at), len(columns))


def _cell(rate: float | None, top: float, row: int, ascii: bool) -> str:
    if rate is None:
        return " "
    level = rate / top * _HEIGHT - (_HEIGHT - 1 - row)  # how much of this row is filled, 1 and over: all
    bottom = row == _HEIGHT - 1
    if ascii:
        return "#" if level >= 0.5 else "_" if bottom else " "
    eighths = max(0, min(8, round(level * 8)))
    return _BLOCKS[max(1, eighths) if bottom else eighths]


def _floor(columns: Sequence[_Column], places: Sequence[int], size: int, wide: int, ascii: bool) -> str:
    """The axis below: a dot where nothing was counted."""
    dash, gap = ("-", ".") if ascii else ("─", "·")
    text = "0".rjust(wide) + (" +" if ascii else " └")
    for at, column in enumerate(columns):
        text += dash * places.count(at) + (gap if column.rate is None else dash) * size
    return text + dash * places.count(len(columns))


def _times(columns: Sequence[_Column], width: int, seconds: int) -> str:
    """The first and the last time, at their ends."""
    first, last = columns[0].at, columns[-1].at
    long = last - first > timedelta(days=2)
    form = "%a %d %b" if long else "%a %H:%M" if first.date() != last.date() else "%H:%M"
    left, right = first.strftime(form), (last + timedelta(seconds=0 if long else seconds)).strftime(form)
    if len(left) + len(right) + 2 > width:
        return left
    return left + right.rjust(width - len(left))
