"""What the lines around the diff say."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from agents.text import one_line
from loop_tui.widgets import words
from loop_tui.widgets.diff.draw import UNTESTED
from loop_tui.widgets.diff.parse import File
from loop_tui.widgets.words import Span, plural, width

Json = dict[str, Any]
Offer = tuple[str, str]
Both = tuple[list[Span], list[Span]]
_DOTS = 12  # files up to which each has a dot of its own


def title(change: Json, files: Sequence[File], at: int, viewed: Collection[str]) -> Both:
    """The file under the cursor, which one it is, what was viewed, and the size; without files, the change's title."""
    if not 0 <= at < len(files):
        return [(one_line(change["title"], 200), "bold")], _size(files)
    done = sum(file.path in viewed for file in files)
    spans: list[Span] = [(one_line(files[at].path), "bold"), (f"  {at + 1}/{len(files)} ", "dim")]
    if len(files) <= _DOTS:
        spans += [("●" if file.path in viewed else "○", "good" if file.path in viewed else "dim") for file in files]
    else:
        spans.append((f"{done:,} viewed", "dim"))
    return spans, _size(files)


def _size(files: Sequence[File]) -> list[Span]:
    added, removed = sum(file.added for file in files), sum(file.removed for file in files)
    return [(f"{plural(len(files), 'file')}  ", "dim"), (f"+{added:,} ", "good"), (f"−{removed:,} ", "bad")]


def proof(change: Json, since: Json | None) -> Both:
    """What proves the change, and which commits are compared; while only what is new is shown, since when."""
    shas: list[Span] = [(f"{change['base_sha'][:7]} → {change['head'][:7]} ", "dim")]
    if since is not None:
        ago = words.age(since["at"])
        said = f"only what changed since {since['head'][:7]}"
        more = f", round {since['round']}, {ago} ago" if ago else f", round {since['round']}"
        return [(said, "accent"), (more, "dim"), ("   i shows all", "dim")], shas
    found = change["proof"]
    if found.get("proved"):
        test = one_line(found.get("test", ""), 120)
        return [("proof  ", "dim"), ("red", "bad"), (" → ", "dim"), ("green", "good"), (f"  {test}", "")], shas
    return [("proof  ", "dim"), ("none", "warn"), (f"  {one_line(found.get('why_not') or '', 120)}", "dim")], shas


def notes(found: Json, preface: str, newer: str, files: int) -> list[Span]:
    """What a reader should know besides: a newer version, lines no test runs, the budget, what was never opened."""
    spans: list[Span] = []

    def add(*parts: Span) -> None:
        spans.extend([("   ", ""), *parts] if spans else parts)

    if newer:
        add((f"version {newer[:7]} came: u shows it", "accent"))
    if preface:
        add((one_line(preface, 300), "warn"))
    if not files:
        add(("nothing differs", "dim"))
    untested: dict[str, list[str]] = {}
    for path, at in found.get("untested") or []:
        untested.setdefault(str(path), []).append(str(at))
    if untested:
        first = [f"{path.rpartition('/')[2]}:{','.join(lines[:4])}{'…' if len(lines) > 4 else ''}"
                 for path, lines in list(untested.items())[:3]]  # fmt: skip
        add((f"{UNTESTED} no test runs ", "warn"), (one_line(" ".join(first), 80), "warn"))
    budget = found.get("budget") or {}
    if budget:
        over = budget.get("used", 0) > budget.get("limit", 0)
        add((f"budget {budget.get('used', 0)}/{budget.get('limit', 0)} lines", "bad" if over else "dim"))
    if found.get("never_opened"):
        add(("agent never opened ", "dim"), (one_line(", ".join(map(str, found["never_opened"][:4])), 90), "dim"))
    return spans


def keys(cells: int, offered: Sequence[Offer], states: Sequence[str], hint: tuple[str, Sequence[Offer]] | None) -> Both:
    """The keys, as many as fit, and what is not as usual; after the first key of two, what may follow.

    Args:
        cells: the width.
        offered: (key, label), the most wanted first.
        states: what is not as usual.
        hint: the keys so far and what may follow them.
    """
    if hint is not None:
        spans: list[Span] = [(f"{hint[0]} ", "accent")]
        for key, label in hint[1]:
            spans += [("… ", "dim"), (key, "accent"), (f" {label}  ", "dim")]
        return spans, []
    right: list[Span] = [(" · ".join(states), "accent"), ("   " if states else "", ""),
                         ("?", "accent"), (" help  ", "dim"), ("q", "accent"), (" back ", "dim")]  # fmt: skip
    room = cells - 3 - sum(width(text) for text, _ in right)
    left: list[Span] = []
    for key, label in offered:
        size = width(key) + width(label) + 3
        if size > room:
            break
        room -= size
        left += [(key, "accent"), (f" {label}  ", "dim")]
    return left, right


def place(path: str, line: int, start: int | None = None, side: str = "new") -> str:
    """A place as path:line or path:first-last."""
    lines = f"{start}-{line}" if start is not None and start != line else str(line)
    return f"{one_line(path)}:{lines}" + ("" if side == "new" else ", as it was")
