"""What several tabs say in the same way."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from agents.text import one_line
from loop_tui.actions import BY_ID
from loop_tui.keymap import Keymap
from loop_tui.widgets.lines import Fold, Line, Place, block, line
from loop_tui.widgets.words import Span

Json = dict[str, Any]
GAP = Line()
_KEYS = Keymap()
TIED = "\u00a0"  # a space at which no line ends
_LABEL = 14
_TIGHT = 50  # below this many cells a label stands above its text
_TAIL = 12  # lines of a log that is not unfolded
_COMMIT = re.compile(r"\b[0-9a-f]{40}\b")
_RESULT = re.compile(r"\b\d+ (failed|passed|errors?|failures?|tests?)\b|^(FAILED|ERROR|OK\b|Ran )")


@dataclass(frozen=True)
class View:
    """What a report is drawn with: its room, what the person opened, and what was read beside it.

    Args:
        cells: how wide a line may be.
        toggled: ids of folds that stand otherwise than they do at first.
        code: what `Inbox.source` gave, by place.
        series: what `Inbox.series` gave.
        diff: the unified diff of the change.
        ascii: plots without block characters.
        keymap: the keys that are in force, for the hints.
    """

    cells: int = 78
    toggled: frozenset[str] = frozenset()
    code: Mapping[Place, Json] = field(default_factory=dict)
    series: Json | None = None
    diff: str = ""
    ascii: bool = False
    keymap: Keymap = _KEYS

    def opened(self, fold: str, at_first: bool = False) -> bool:
        """Whether a fold is open."""
        return (fold in self.toggled) != at_first

    def hints(self, *actions: tuple[str, str]) -> str:
        """`d read it · m merge` of (action, what it does here); actions without a key are left out."""
        keys = ((self.keymap.key(BY_ID[action]), words) for action, words in actions)
        return " · ".join(f"{key}{TIED}{words}" for key, words in keys if key)


def rows(view: View, label: str, *spans: Span | str, to: Place | None = None) -> list[Line]:
    """A labelled line; where there is little room the label stands above it."""
    if view.cells < _TIGHT:
        return [line((label, "dim")), line(*spans, indent=2, to=to)] if label else [line(*spans, indent=2, to=to)]
    return [line((f"{label:<{_LABEL}}", "dim"), *spans, hang=_LABEL, to=to)]


def under(view: View, *spans: Span | str, to: Place | None = None) -> Line:
    """A line below a labelled one."""
    return line(*spans, indent=2 if view.cells < _TIGHT else _LABEL, hang=2, to=to)


def fold(view: View, id: str, *spans: Span | str, at_first: bool = False, indent: int = 0) -> Line:
    """The line by which something is opened and closed."""
    mark = "▾ " if view.opened(id, at_first) else "▸ "
    return line((mark, "dim"), *spans, indent=indent, hang=2, to=Fold(id))


def place_of(finding: Json, at: str = "base") -> Place | None:
    """Where a finding, remark or comment points."""
    return Place(str(finding["path" if "path" in finding else "file"]), int(finding["line"] or 1), at) if (
        finding.get("path") or finding.get("file")
    ) else None  # fmt: skip


def said(place: Place) -> str:
    """`path:line`."""
    return f"{place.path}:{place.line}"


def telling(log: str, most: int = _TAIL) -> tuple[str, int]:
    """The end of a log that tells what happened, and how many lines it leaves out.

    Test runners print warnings after their result; the result is what one looks for.
    """
    found = log.rstrip().splitlines()
    last = max((at for at, text in enumerate(found) if _RESULT.search(text)), default=len(found) - 1)
    shown = found[max(0, last + 1 - most) : last + 1]
    return "\n".join(shown), len(found) - len(shown)


def log_lines(view: View, id: str, log: str, indent: int = 4, most: int = _TAIL) -> list[Line]:
    """The telling end of a log, or all of it once it is unfolded."""
    if not log.strip():
        return [line(("it printed nothing", "dim"), indent=indent)]
    shown, hidden = telling(log, most)
    if view.opened(id):
        return [fold(view, id, ("less", "dim"), indent=indent), *block(log, "dim", indent, wrap=False)]
    lines = block(shown, "dim", indent, wrap=False)
    if hidden:
        lines.insert(0, fold(view, id, (f"{hidden:,} more lines", "dim"), indent=indent))
    return lines


def size(change: Json) -> str:
    """`2 files, +9 −1`, kept on one line."""
    added = sum(int(file.get("added") or 0) for file in change["files"])
    removed = sum(int(file.get("removed") or 0) for file in change["files"])
    many = len(change["files"])
    return f"{many:,} {'file' if many == 1 else 'files'}, +{added:,} −{removed:,}".replace(" ", TIED)


def unit_words(unit: str) -> str:
    """What a rate is counted against, in words."""
    name, _, rest = unit.partition(":")
    return f"{one_line(name, 40)} to {one_line(rest, 120)}" if rest else one_line(unit, 120)


def per(unit: str) -> int:
    """For how much exposure a rate is told: an hour, or a thousand."""
    return 1 if unit == "hours" else 1000


def per_words(unit: str) -> str:
    """`per hour` or `per 1,000 requests to /pay`."""
    return "per hour" if unit == "hours" else f"per 1,000 {unit_words(unit)}"


def release_words(release: str) -> str:
    """A release as people read it: a commit id in nine characters."""
    text = one_line(release, 60)
    return _COMMIT.sub(lambda found: found[0][:9], text)


def percent(part: float, whole: float) -> str:
    """A share with two digits that mean something."""
    value = part / whole * 100
    return f"{value:.0f} %" if value >= 10 else f"{value:.2g} %"
