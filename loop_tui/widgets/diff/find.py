"""Searching a diff."""

from __future__ import annotations

import re

from loop_tui.widgets.diff.layout import Layout
from loop_tui.widgets.diff.text import MOST, cells_of


def matches(laid: Layout, query: re.Pattern[str]) -> list[int]:
    """The items that hold a match: lines and names of files."""
    search = query.search
    found = []
    for place, item in enumerate(laid.items):
        if item.kind == "line":
            lines = laid.files[item.file].hunks[item.hunk].lines
            if any(search(lines[at].text[:MOST]) for at in {item.left, item.right} if at >= 0):
                found.append(place)
        elif item.kind == "file" and search(laid.files[item.file].path):
            found.append(place)
    return found


def folded_matches(laid: Layout, query: re.Pattern[str]) -> set[str]:
    """Paths of folded files whose lines hold a match."""
    return {
        file.path
        for file in laid.files
        if file.path in laid.folded and any(query.search(ln.text[:MOST]) for hunk in file.hunks for ln in hunk.lines)
    }


def column_for(text: str, query: re.Pattern[str], column: int, room: int) -> int:
    """How far a line is to be scrolled sideways so that its first match is in sight."""
    hit = query.search(text)
    if hit is None:
        return column
    start, end = cells_of(text[: hit.start()]), cells_of(text[: hit.end()])
    if column <= start and end <= column + room:
        return column
    return 0 if end <= room else max(0, start - room // 3)
