"""Which words of a changed line are new: lines are paired by likeness, then compared word by word."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher

from loop_tui.widgets.diff.parse import Hunk, Line

_WORD = re.compile(r"\w+|\s+|.", re.S)
_LONGEST = 600  # characters of a line beyond which only the common start and end are left out
_LOOK = 12  # how many added lines further on a removed one looks for its like
_ALIKE = 0.5
_BLOCK = 60  # lines of one block that are still compared one by one
Range = tuple[int, int]


def block(lines: Sequence[Line], at: int) -> tuple[range, range]:
    """The removed and the added lines that stand together around a changed line."""
    first = at
    while first > 0 and lines[first - 1].sign == "+" and lines[at].sign == "+":
        first -= 1
    while first > 0 and lines[first - 1].sign == "-":
        first -= 1
    middle = first
    while middle < len(lines) and lines[middle].sign == "-":
        middle += 1
    end = middle
    while end < len(lines) and lines[end].sign == "+":
        end += 1
    return range(first, middle), range(middle, end)


class Words:
    """What changed inside the lines of one hunk, worked out block by block as it comes in sight."""

    def __init__(self, hunk: Hunk) -> None:
        self._lines = hunk.lines
        self._ranges: dict[int, list[Range]] = {}
        self._known: set[int] = set()

    def of(self, at: int) -> list[Range]:
        """The ranges of characters of a line that its counterpart has not; none where it has no counterpart."""
        if self._lines[at].sign == " ":
            return []
        if at not in self._ranges:
            old, new = block(self._lines, at)
            if not old or not new or old.start in self._known:
                return []
            self._known.add(old.start)
            for left, right in _match(self._lines, old, new):
                before, after = self._lines[left].text, self._lines[right].text
                self._ranges[left], self._ranges[right] = changed(before, after)
        return self._ranges.get(at, [])


def _match(lines: Sequence[Line], old: range, new: range) -> Iterator[tuple[int, int]]:
    """Which removed line became which added one."""
    if len(old) > _BLOCK or len(new) > _BLOCK:  # rewritten: comparing all with all says little and takes long
        return
    start = new.start
    for left in old:
        best, place = _ALIKE, -1
        for right in range(start, min(start + _LOOK, new.stop)):
            score = _likeness(lines[left].text, lines[right].text)
            if score > best:
                best, place = score, right
        if place >= 0:
            yield left, place
            start = place + 1


def _likeness(old: str, new: str) -> float:
    a, b = old.strip()[:_LONGEST], new.strip()[:_LONGEST]
    if a == b:
        return 1.0
    matcher = SequenceMatcher(None, _WORD.findall(a), _WORD.findall(b), autojunk=False)
    return matcher.ratio() if matcher.quick_ratio() > _ALIKE else 0.0


def changed(old: str, new: str) -> tuple[list[Range], list[Range]]:
    """The ranges of characters that differ, of the old and of the new line."""
    if len(old) > _LONGEST or len(new) > _LONGEST:
        return _ends(old, new)
    a, b = _WORD.findall(old), _WORD.findall(new)
    starts_a, starts_b = _starts(a), _starts(b)
    left: list[Range] = []
    right: list[Range] = []
    for kind, a1, a2, b1, b2 in SequenceMatcher(None, a, b, autojunk=False).get_opcodes():
        if kind != "equal":
            _grow(left, (starts_a[a1], starts_a[a2]), old)
            _grow(right, (starts_b[b1], starts_b[b2]), new)
    return left, right


def _starts(parts: Sequence[str]) -> list[int]:
    places = [0]
    for part in parts:
        places.append(places[-1] + len(part))
    return places


def _grow(ranges: list[Range], found: Range, text: str) -> None:
    """Add a range; only blanks between two make them one."""
    if found[0] == found[1]:
        return
    if ranges and not text[ranges[-1][1] : found[0]].strip():
        ranges[-1] = (ranges[-1][0], found[1])
    else:
        ranges.append(found)


def _ends(old: str, new: str) -> tuple[list[Range], list[Range]]:
    limit = min(len(old), len(new), 20_000)
    start = 0
    while start < limit and old[start] == new[start]:
        start += 1
    end = 0
    while end < limit - start and old[-1 - end] == new[-1 - end]:
        end += 1
    left, right = (start, len(old) - end), (start, len(new) - end)
    return ([left] if left[0] < left[1] else []), ([right] if right[0] < right[1] else [])
