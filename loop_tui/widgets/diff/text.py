"""Outside text as safe spans that fit: tabs, control and wide characters, marks over it, cutting and wrapping."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise

from agents.text import visible
from loop_tui.widgets.words import Span, width

MOST = 4000  # characters of one line that are drawn
_TAB = 4
Mark = tuple[int, int, str]


def cut(text: str) -> tuple[str, str]:
    """The part of a line that is drawn, and what is said of the rest."""
    more = len(text) - MOST
    return (text, "") if more <= 0 else (text[:MOST], f" … {more:,} more characters")


def spans(text: str, layers: Iterable[Sequence[Mark]]) -> list[Span]:
    """Safe spans of a raw line; each layer's marks add their style to those below."""
    edges = {0, len(text)}
    wanted = [[mark for mark in layer if mark[0] < len(text)] for layer in layers]
    for layer in wanted:
        for start, end, _ in layer:
            edges.add(start)
            edges.add(min(end, len(text)))
    places = sorted(edges if text.isascii() else {_after_accents(text, edge) for edge in edges})
    found: list[Span] = []
    column = 0
    names = [_Walk(layer) for layer in wanted]
    for start, end in pairwise(places):
        style = " ".join(name for walk in names if (name := walk.at(start)))
        shown = _tabbed(visible(text[start:end]), column)
        column += width(shown)
        if found and found[-1][1] == style:
            found[-1] = (found[-1][0] + shown, style)
        else:
            found.append((shown, style))
    return found


def _after_accents(text: str, edge: int) -> int:
    """No colour changes between a letter and what is drawn over it."""
    while 0 < edge < len(text) and width(text[edge]) == 0:
        edge += 1
    return edge


def joined(text: str, marks: Sequence[Mark]) -> list[Mark]:
    """The marks with the blanks after each taken in: no one sees their colour, and every change of it costs bytes."""
    found: list[Mark] = []
    for start, end, style in marks:
        while end < len(text) and text[end] == " ":
            end += 1
        if found and found[-1][1] == start and found[-1][2] == style:
            found[-1] = (found[-1][0], end, style)
        else:
            found.append((start, end, style))
    return found


class _Walk:
    """The style of a layer at places that only grow."""

    def __init__(self, marks: Sequence[Mark]) -> None:
        self._marks, self._next = marks, 0

    def at(self, place: int) -> str:
        while self._next < len(self._marks) and self._marks[self._next][1] <= place:
            self._next += 1
        if self._next < len(self._marks) and self._marks[self._next][0] <= place:
            return self._marks[self._next][2]
        return ""


def _tabbed(text: str, column: int) -> str:
    if "\t" not in text:
        return text
    made = ""
    for part in re.split("(\t)", text):
        if part == "\t":
            made += " " * (_TAB - (column + width(made)) % _TAB)
        else:
            made += part
    return made


def cells_of(text: str) -> int:
    """How many cells a raw line takes when it is drawn."""
    shown, said = cut(text)
    if shown.isascii() and shown.isprintable():
        return len(shown) + len(said)
    return width(_tabbed(visible(shown), 0)) + len(said)


def window(parts: Iterable[Span], start: int, cells: int) -> list[Span]:
    """What is seen of the spans between two columns; half a wide character is a blank."""
    found: list[Span] = []
    at = 0
    end = start + cells
    for text, style in parts:
        size = width(text)
        if at + size > start and at < end:
            if at >= start and at + size <= end:
                found.append((text, style))
            else:
                found.append((_between(text, start - at, end - at), style))
        at += size
        if at >= end:
            break
    return found


def _between(text: str, start: int, end: int) -> str:
    if text.isascii():
        return text[max(0, start) : end]
    made, at = "", 0
    for char in _characters(text):
        size = width(char)
        if at >= start and at + size <= end:
            made += char
        elif size and at < end and at + size > start:
            made += " " * (min(at + size, end) - max(at, start))
        at += size
    return made


def folded(parts: Sequence[Span], cells: int) -> list[list[Span]]:
    """The spans as rows of at most `cells` cells, broken where they are full."""
    cells = max(2, cells)
    rows: list[list[Span]] = [[]]
    used = 0
    for text, style in parts:
        rest = text
        while rest:
            head = _head(rest, cells - used)
            if head:
                rows[-1].append((head, style))
                used += width(head)
                rest = rest[len(head) :]
            if rest:
                rows.append([])
                used = 0
    return rows


def _head(text: str, cells: int) -> str:
    if text.isascii():
        return text[:cells]
    used, at = 0, 0
    for char in _characters(text):
        used += width(char)
        if used > cells:
            return text[:at]
        at += len(char)
    return text


def _characters(text: str) -> Iterator[str]:
    """The text in pieces as wide together as one by one: a letter with its accents, a sign with its variant."""
    piece = ""
    for char in text:
        if piece and (not width(char) or width(piece + char) != width(piece) + width(char)):
            piece += char
        else:
            if piece:
                yield piece
            piece = char
    if piece:
        yield piece


def height(text: str, cells: int) -> int:
    """How many rows `folded` makes of a raw line."""
    shown, said = cut(text)
    cells = max(2, cells)
    if shown.isascii() and shown.isprintable():
        return max(1, -(-(len(shown) + len(said)) // cells))
    return len(folded([(_tabbed(visible(shown), 0) + said, "")], cells))
