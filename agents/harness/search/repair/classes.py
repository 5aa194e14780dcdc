"""Plausible candidates grouped by behaviour, the likeliest group first, and those refused that cannot be meant."""

from __future__ import annotations

import math
import os
from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

from .behaviour import Seen
from .mutate import Mutant

_TOLD = 6  # groups


@dataclass
class Plausible:
    """A candidate that passes every test."""

    path: str  # absolute
    mutant: Mutant
    score: float  # suspiciousness times prior
    seen: Seen = field(default_factory=list)


@dataclass
class Group:
    """Candidates that do the same on every input."""

    members: list[Plausible]
    failures: float = 0.0  # share of the made inputs that end in an error or not at all
    changed: float = 0.0  # share of the passing tests' own calls that give something else than before

    @property
    def best(self) -> Plausible:
        """The member to show: not silencing, likely, small."""
        return min(self.members, key=lambda p: (p.mutant.silencing, -round(p.score, 2), p.mutant.size))

    @property
    def silencing(self) -> bool:
        """Whether all that its members do is leave something out."""
        return all(p.mutant.silencing for p in self.members)

    @property
    def score(self) -> float:
        """What orders groups: how likely the best is, how many agree, what goes wrong."""
        agree = 0.08 * math.log2(1 + len({p.mutant.template for p in self.members}))
        size = 0.002 * self.best.mutant.size
        return self.best.score + agree - size - 1.5 * self.failures - self.changed - 0.6 * self.silencing


def grouped(found: list[Plausible], before: Seen, own: int, kept: set[int]) -> list[Group]:
    """The groups that may be meant, the likeliest first.

    Metamorphic rule: where the code before the change passed, what it gave stays. A group is refused when it errs on
    inputs for which the likeliest has a value and never the other way round, changes what passing tests saw, or only
    silences.

    Args:
        found: plausible candidates with what was seen of them.
        before: what the code before the change gave.
        own: how many inputs, the first ones, are the tests' own.
        kept: which of these the passing tests made.
    """
    classes: dict[tuple[str, ...], list[Plausible]] = defaultdict(list)
    for item in found:
        classes[tuple(item.seen)].append(item)
    groups = []
    for seen, members in classes.items():
        made = seen[own:]
        failures = sum(s[:1] in "!?" for s in made) / len(made) if made else 0.0
        changed = sum(seen[i] != before[i] for i in kept) / len(kept) if kept and before else 0.0
        groups.append(Group(members, failures, changed))
    groups.sort(key=lambda g: -g.score)
    sound = [g for g in groups if not g.silencing]
    if not sound:
        return groups
    first = sound[0]
    return [g for g in sound if g is first or not _worse(g, first)]


def _worse(group: Group, first: Group) -> bool:
    mine, its = group.members[0].seen, first.members[0].seen
    errs = sum(a[:1] in "!?" and b[:1] not in "!?" for a, b in zip(mine, its, strict=False))
    gains = sum(b[:1] in "!?" and a[:1] not in "!?" for a, b in zip(mine, its, strict=False))
    return (errs > 0 and gains == 0) or group.changed > first.changed


def told(groups: list[Group], inputs: list[str], root: str) -> dict[str, Any]:
    """The groups as JSON, paths under `root`."""
    shown = []
    for group in groups[:_TOLD]:
        best = group.best
        edits = [[edit.start, edit.end, edit.text] for edit in best.mutant.edits]
        shown.append({
            "path": os.path.relpath(best.path, root), "line": best.mutant.line, "template": best.mutant.template,
            "edits": edits, "agree": len(group.members), "silencing": group.silencing, "score": round(group.score, 3),
        })  # fmt: skip
    return {"groups": shown, "decider": _decider(groups[:3], inputs), "behaviours": len(groups)}


def _decider(groups: list[Group], inputs: list[str]) -> dict[str, Any]:
    """The shortest input on which the first two groups differ, one with values best, with what each group gives."""
    if len(groups) < 2 or not inputs:
        return {}
    first, second = (group.members[0].seen for group in groups[:2])
    differing = [i for i, _ in enumerate(inputs) if first[i] != second[i]]
    if not differing:
        return {}
    at = min(differing, key=lambda i: (first[i][:1] in "!?", second[i][:1] in "!?", len(inputs[i])))
    return {"call": inputs[at][:300], "gives": [_given(group.members[0].seen[at]) for group in groups]}


def _given(seen: str) -> str:
    if seen == "?":
        return "does not end"
    return f"raises {seen[1:]}" if seen.startswith("!") else seen.split("\0")[0][:200]
