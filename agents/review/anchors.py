"""Where a line of one text is in a later one: exactly, or nowhere.

Pure: what differs between the two texts comes in as hunks without context, as `git diff -U0` prints them.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

_HUNK = re.compile(r"@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@")


@dataclass(frozen=True)
class Hunk:
    """Lines `old`, `old_count` of them, became lines `new`, `new_count` of them; lines count from 1.

    With a count of 0 the line is the one before the gap, as in a unified diff.
    """

    old: int
    old_count: int
    new: int
    new_count: int


@dataclass(frozen=True)
class Delta:
    """What became of a file: its path now (None: it is gone) and what changed in it."""

    path: str | None
    hunks: tuple[Hunk, ...] = ()


@dataclass(frozen=True)
class Anchor:
    """Lines `start` to `line` of a file."""

    path: str
    line: int
    start: int | None = None

    @property
    def first(self) -> int:
        """The first of its lines."""
        return self.line if self.start is None else min(self.start, self.line)


def hunks(diff: str) -> tuple[Hunk, ...]:
    """The hunks of one file's `-U0` diff; lines of the texts are counted past, so none is taken for a header."""
    found: list[Hunk] = []
    inside = 0
    for row in diff.split("\n"):
        if inside and row[:1] in ("-", "+"):
            inside -= 1
        elif not inside and (match := _HUNK.match(row)):
            old, old_count, new, new_count = (int(part) if part is not None else 1 for part in match.groups())
            found.append(Hunk(old, old_count, new, new_count))
            inside = old_count + new_count
    return tuple(found)


def line_now(changes: Sequence[Hunk], line: int) -> int | None:
    """Where a line is after the hunks; None when it was edited or removed."""
    shift = 0
    for hunk in changes:
        # An insertion (old_count 0) stands after line `old`, so that line itself has not moved by it.
        first = hunk.old if hunk.old_count else hunk.old + 1
        if line < first:
            break
        if line < first + hunk.old_count:
            return None
        shift += hunk.new_count - hunk.old_count
    return line + shift


def carry(anchor: Anchor, delta: Delta) -> Anchor | None:
    """The same lines in the later text; None (outdated) unless every one is there unedited and they still adjoin."""
    if delta.path is None:
        return None
    now = [line_now(delta.hunks, line) for line in range(anchor.first, anchor.line + 1)]
    first, last = now[0], now[-1]
    if first is None or last is None or None in now or last - first != anchor.line - anchor.first:
        return None
    return Anchor(delta.path, last, None if anchor.start is None else first)
