"""One report as a row of the list, wide or in two lines. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from agents.text import one_line
from loop_tui.widgets import words
from loop_tui.widgets.words import Span, fill, fit

Json = dict[str, Any]
ONE_LINE = 76  # from this many cells on, a report takes one line instead of two
_LOUD = ("P0", "P1")


def gutter(*, here: bool, marked: bool, unread: bool) -> list[Span]:
    """Three cells: where the cursor is, and whether the row is marked or has news."""
    mark: Span = ("+ ", "warn") if marked else ("• ", "accent") if unread else ("  ", "")
    return [("▌" if here else " ", "accent"), mark]


def waiting(cells: int) -> list[Span]:
    """A row that is not read yet."""
    return [(fit(" …", cells), "dim")]


def _people(card: Json, looking: Sequence[str]) -> str:
    names = [f"@{one_line(name.split('@')[0], 10)}" for name in looking]
    if card["claimed_by"]:
        names.insert(0, one_line(card["claimed_by"].split("@")[0], 10))
    return " ".join(names)


def _title(card: Json, cells: int) -> Span:
    return fit(card["title"], cells), "bold" if card["unread"] else ""


def wide(card: Json, cells: int, looking: Sequence[str] = ()) -> list[Span]:
    """Priority, status, title, users, trend, what speaks for it, people, age."""
    glyph, word, style = words.status(card)
    roomy = cells >= 100
    room = 24 if roomy else 13
    people = _people(card, looking)
    side = min(16, words.width(people)) + 1 if people and cells >= 90 else 0
    title = cells - (3 + 12 + 1 + 5 + 1 + 6 + 1 + room + side + 5)
    return [
        (fit(card["priority"] or "", 3), "bold" if card["priority"] in _LOUD else "dim"),
        (fit(f"{glyph} {word}", 12), style),
        _title(card, title),
        (" ", ""),
        (fit(words.short(card["user_count"]), 5, right=True), ""),
        (" ", ""),
        (words.sparkline(card["trend"]) + " ", "dim"),
        *fill(words.state_spans(card) if roomy or card["change_state"] else [], room),
        (fit(people, side), "warn" if card["claimed_by"] else "dim"),
        (fit(words.age(card["last_seen"]), 5, right=True), "dim"),
    ]


def first(card: Json, cells: int) -> list[Span]:
    """The upper of two lines: priority, glyph, title, age."""
    glyph, _, style = words.status(card)
    return [
        (fit(card["priority"] or "", 3), "bold" if card["priority"] in _LOUD else "dim"),
        (glyph + " ", style),
        _title(card, cells - 5 - 5),
        (fit(words.age(card["last_seen"]), 5, right=True), "dim"),
    ]


def second(card: Json, cells: int, looking: Sequence[str] = ()) -> list[Span]:
    """The lower of two lines: status in words, users, people, what speaks for it, trend."""
    _, word, style = words.status(card)
    people = _people(card, looking)
    about = f"  {words.plural(card['user_count'], 'user')}" + (f"  {people}" if people else "")
    head: list[Span] = [("     ", ""), (word, style), (about, "dim")]
    if rest := words.state_spans(card):
        head += [("  ", ""), *rest]
    return [*fill(head, cells - 7), (" ", ""), (words.sparkline(card["trend"]), "dim")]
