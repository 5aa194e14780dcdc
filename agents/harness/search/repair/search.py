"""The search: which tests fail, where, which edits mend them, and how these differ."""

from __future__ import annotations

import ast
import os
import time
import types
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from .baseline import FIRST_LIMIT, LONGER, Run, baseline, traced
from .behaviour import Recorder, observe
from .children import Say, expire_after, forked
from .classes import Group, Plausible, grouped, told
from .mutate import FunctionNode, Mutant, Site, mutants
from .spectrum import OWN, Line, ochiai
from .swap import live
from .tests import Tests
from .trying import Candidate, Trial, install, merged, restore

_FAILING, _PASSING = 12, 60  # tests traced
_FUNCTIONS, _CANDIDATES = 40, 20_000
_LATE = ((60, 0.5), (15, 3.0))  # how many that did not end in time are tried again, with how many seconds
_PAIRED, _PARTNERS = 12, 120
Json = dict[str, Any]


@dataclass
class Search:
    """One search.

    Args:
        tests: the suite.
        root: the absolute folder of the project.
        budget: seconds.
    """

    tests: Tests
    root: str
    budget: float
    tried: int = 0
    _start: float = field(default_factory=time.monotonic)

    def __post_init__(self) -> None:
        self._at_once = min(4, len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 2)
        self._limit = FIRST_LIMIT

    @property
    def _left(self) -> float:
        return self.budget - (time.monotonic() - self._start)

    def run(self) -> Json:
        """Search, and say what was found."""
        runs = baseline(self.tests, self._left)
        failing = [i for i, run in runs.items() if not run.outcome.ok and not run.hung]
        hung = [i for i, run in runs.items() if run.hung]
        failing = failing or hung
        passing = [i for i, run in runs.items() if run.outcome.ok]
        said: Json = {
            "failing": [self.tests.names[i] for i in sorted({*failing, *hung})], "passing": len(passing),
            "error": self._error(runs, failing),
        }  # fmt: skip
        if not failing:
            return {**said, "groups": [], "tried": 0}
        slowest = max((runs[i].seconds for i in passing), default=0.05)
        self._limit = max(0.1, min(10 * slowest, max(2 * slowest, 2 * LONGER)))
        found = self._candidates(failing, passing, runs)
        plausible = self._plausible(found, sorted({*failing, *hung}), runs)
        groups, inputs = self._groups(plausible, passing, failing)
        return {**said, **told(groups, inputs, self.root), "tried": self.tried}

    def _error(self, runs: dict[int, Run], failing: list[int]) -> str:
        if not failing:
            return ""
        run = runs[failing[0]]
        if run.hung:
            return "it does not end"
        return f"{run.outcome.error}: {run.outcome.message}".strip(": ")

    def _candidates(self, failing: list[int], passing: list[int], runs: dict[int, Run]) -> list[Candidate]:
        """Every edit of the most suspicious functions, the likeliest first."""
        ending = [i for i in failing if not runs[i].hung] or failing[:2]
        failed = traced(self.tests, ending[:_FAILING], self.root, self._limit, self._at_once)
        passed = traced(self.tests, passing[:_PASSING], self.root, 4 * self._limit, self._at_once)
        frames = [frame for _, outcome in failed for frame in outcome.frames[-8:]]
        raised = list(dict.fromkeys((path, line) for path, line in frames if path.startswith(self.root)))
        scores = ochiai([lines for lines, _ in failed], [lines for lines, _ in passed], raised[-6:])
        found: list[Candidate] = []
        for path, site, lines in self._sites(scores):
            top = max(lines.values())
            for mutant in mutants(site):
                suspicion = lines.get(mutant.line, 0.7 * top)
                found.append(Candidate(path, site, mutant, suspicion * mutant.prior))
            if len(found) > _CANDIDATES:
                break
        found.sort(key=lambda c: (-round(c.score, 2), c.mutant.size))
        return found

    def _sites(self, scores: dict[Line, float]) -> Iterator[tuple[str, Site, dict[int, float]]]:
        made = []
        files = {path for path, _ in scores}
        for path in sorted(files):
            if self._is_test(path) and len(files) > 1 and not self._same_file():
                continue
            live(path)
            text = Path(path).read_text(encoding="utf-8")
            tree = ast.parse(text)
            for node in functions(tree):
                if self._is_test(path) and node.name.startswith("test"):
                    continue
                end = node.end_lineno or node.lineno
                lines = {line: s for (p, line), s in scores.items() if p == path and node.lineno <= line <= end}
                if lines:
                    made.append((path, Site(text, tree, node), lines))
        made.sort(key=lambda m: -max(m[2].values()))
        yield from made[:_FUNCTIONS]

    def _is_test(self, path: str) -> bool:
        name = Path(path).name
        return (
            path in self.tests.files or name == "conftest.py" or name.startswith("test_") or name.endswith("_test.py")
        )

    def _same_file(self) -> bool:
        return len(self.tests.files) == 1 and not any(Path(p).name.startswith("test_") for p in self.tests.files)

    def _plausible(self, found: list[Candidate], failing: list[int], runs: dict[int, Run]) -> list[Candidate]:
        """Single edits; those that did not end in time, with more of it; two edits."""
        first = runs[failing[0]]
        expected = None if any(runs[i].hung for i in failing) else first.outcome
        trial = Trial(self.tests, self.root, failing, expected, self._start + self.budget, self._at_once)
        plausible = trial.plausible(found, self._limit)
        for most, limit in _LATE:
            if not plausible:
                plausible = trial.plausible([c for c in found if c.late][:most], max(limit, 5 * self._limit))
        if not plausible:
            plausible = trial.plausible(map(merged, _pairs(found)), self._limit)
        self.tried = trial.tried
        return plausible

    def _groups(
        self, plausible: list[Candidate], passing: list[int], failing: list[int]
    ) -> tuple[list[Group], list[str]]:
        """The plausible candidates by what they do, observed in a child that records the tests' calls first."""
        if not plausible:
            return [], []
        found = [Plausible(c.path, c.mutant, c.score) for c in plausible]
        places = {(c.path, c.site.node.name) for c in plausible}

        def ours(code: types.CodeType) -> bool:
            name = code.co_filename
            return (
                name.startswith(self.root)
                and not name.startswith(OWN)
                and not code.co_name.startswith(("test", "<"))
                and (name not in self.tests.files or self._same_file())
            )

        def task(say: Say) -> None:
            install(self.tests, plausible[0])
            recorder = Recorder(ours, lambda code: (code.co_filename, code.co_name) in places)
            marks = []
            for index in [*passing[:30], *failing[:30]]:
                expire_after(self._limit * 10, kill=False)
                with recorder:
                    self.tests.run(index)
                expire_after(0, kill=False)
                if index in passing:
                    marks.append({code: len(calls) for code, calls in recorder.calls.items()})
            recorded = recorder.recorded()
            kept, at = [], 0
            for item in recorded:
                count = marks[-1].get(item.function.__code__, 0) if marks else 0
                kept += list(range(at, at + count))
                at += len(item.calls)
            back = partial(restore, self.tests, plausible[0])
            installs = [*(partial(self._instead, plausible[0], c) for c in plausible), back]
            shown, own, seen = (
                observe(recorded, installs, self._at_once, min(0.3, max(0.05, self._limit)))
                if recorded
                else ([], 0, [])
            )
            say([shown, own, kept, seen])

        for _, said in forked([task], at_once=1, seconds=max(10.0, self._left)):
            if said and said[0][3]:
                shown, own, kept, seen = said[0]
                for item, one in zip(found, seen, strict=False):
                    item.seen = one
                return grouped(found, seen[-1], own, set(kept)), shown
        return grouped(found, [], 0, set()), []

    def _instead(self, old: Candidate, new: Candidate) -> bool:
        return restore(self.tests, old) and install(self.tests, new)


def functions(tree: ast.AST) -> Iterator[FunctionNode]:
    """Functions and methods, those nested in functions left to these."""
    for child in ast.iter_child_nodes(tree):
        if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef):
            yield child
        elif not isinstance(child, ast.expr):
            yield from functions(child)


def _pairs(found: list[Candidate]) -> Iterator[list[Candidate]]:
    """Two edits of one function: one that mends some failing test with any other, then the likeliest ones."""
    partial = sorted((c for c in found if c.passed), key=lambda c: (-c.passed, -c.score))[:_PAIRED]
    seen: set[frozenset[int]] = set()
    for one in partial or found[:_PAIRED]:
        partners = [c for c in found if c.site is one.site and _apart(c.mutant, one.mutant)]
        for other in partners[:_PARTNERS]:
            key = frozenset((id(one), id(other)))
            if key not in seen:
                seen.add(key)
                yield [one, other]


def _apart(one: Mutant, other: Mutant) -> bool:
    return all(a.end <= b.start or b.end <= a.start for a in one.edits for b in other.edits) and one is not other
