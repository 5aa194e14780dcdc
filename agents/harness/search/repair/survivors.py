"""Which small faults on given lines the tests do not notice: mutation analysis (DeMillo et al., Computer 1978)."""

from __future__ import annotations

import ast
import os
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .baseline import LONGER, Run, baseline, traced
from .children import Say, Task, expire_after, forked
from .mutate import Mutant, Site
from .mutate.faults import faults
from .search import functions
from .spectrum import Line
from .tests import Tests
from .trying import Candidate, install

_MOST = 120  # faults
_AT_A_TIME = 40  # tests traced before the clock is looked at
_BASELINE, _TRACING = 0.4, 0.6  # of the budget, when each has to be over
_TEXT = 80  # characters of an edit that are told
Json = dict[str, Any]


@dataclass
class Survivors:
    """One analysis.

    Args:
        tests: the suite.
        root: the absolute folder of the project.
        budget: seconds.
        lines: path in the project → the lines that faults are put into.
    """

    tests: Tests
    root: str
    budget: float
    lines: dict[str, list[int]]
    _start: float = field(default_factory=time.monotonic)

    def __post_init__(self) -> None:
        self._at_once = min(4, len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 2)

    def run(self) -> Json:
        """Say how many faults were tried and noticed, how many there was no time for, and which were not noticed."""
        runs = baseline(self.tests, self.budget * _BASELINE)
        passing = [i for i, run in runs.items() if run.outcome.ok]
        ran = self._ran(passing, runs)
        found = [(candidate, coarse, self._which(candidate, ran)) for candidate, coarse in self._faults()]
        made = [item for item in found if item[2]][:_MOST]
        survived: list[int] = []
        tried = noticed = 0
        limit = _limit(runs, passing)
        for place, said in forked(self._tasks(made, limit), at_once=self._at_once, seconds=self.budget):
            if said == ["unfit"]:
                continue
            tried += 1
            if said == ["survived"]:
                survived.append(place)
            else:
                noticed += 1
        told = [self._told(*made[place][:2]) for place in sorted(survived)]
        return {"tried": tried, "noticed": noticed, "left": len(made) - tried, "survivors": told}

    def _ran(self, passing: list[int], runs: dict[int, Run]) -> dict[int, set[Line]]:
        """The lines of these files that each test runs."""
        files = {os.path.join(self.root, path) for path in self.lines}  # noqa: PTH118
        ran: dict[int, set[Line]] = {}
        for start in range(0, len(passing), _AT_A_TIME):
            if time.monotonic() - self._start > self.budget * _TRACING:
                break
            some = passing[start : start + _AT_A_TIME]
            limit = 4 * _limit(runs, some)
            for index, (lines, _) in zip(some, traced(self.tests, some, self.root, limit, 1), strict=False):
                ran[index] = {line for line in lines if line[0] in files}
        return ran

    def _faults(self) -> list[tuple[Candidate, bool]]:
        """Every fault on these lines: of each line one, then of each a second, and so on."""
        ranked: list[tuple[int, Candidate, bool]] = []
        for path, lines in sorted(self.lines.items()):
            count: dict[int, int] = {}
            for site in self._sites(path, lines):
                for mutant, coarse in faults(site):
                    if mutant.line in lines:
                        count[mutant.line] = count.get(mutant.line, 0) + 1
                        file = os.path.join(self.root, path)  # noqa: PTH118
                        ranked.append((count[mutant.line], Candidate(file, site, mutant, 1.0), coarse))
        ranked.sort(key=lambda item: item[0])
        return [(candidate, coarse) for _, candidate, coarse in ranked]

    def _sites(self, path: str, lines: list[int]) -> Iterator[Site]:
        text = (Path(self.root) / path).read_text(encoding="utf-8")
        tree = ast.parse(text)
        for node in functions(tree):
            if any(node.lineno <= line <= (node.end_lineno or node.lineno) for line in lines):
                yield Site(text, tree, node)

    def _which(self, candidate: Candidate, ran: dict[int, set[Line]]) -> list[int]:
        """The tests that run the statement a fault is in."""
        first, last = _statement(candidate.site, candidate.mutant)
        lines = {(candidate.path, line) for line in range(first, last + 1)}
        return [index for index, found in ran.items() if found & lines]

    def _tasks(self, made: list[tuple[Candidate, bool, list[int]]], limit: float) -> Iterator[Task]:
        for candidate, _, which in made:
            if time.monotonic() - self._start > self.budget:
                return
            yield self._task(candidate, which, limit)

    def _task(self, candidate: Candidate, which: list[int], limit: float) -> Task:
        def run(say: Say) -> None:
            if not install(self.tests, candidate):
                say("unfit")
                return
            for index in which:
                expire_after(limit, kill=True)
                ok = self.tests.run(index).ok
                expire_after(0, kill=True)
                if not ok:
                    say("noticed")
                    return
            say("survived")

        return run

    def _told(self, candidate: Candidate, coarse: bool) -> Json:
        mutant, text = candidate.mutant, candidate.site.text
        edit = mutant.edits[0]
        return {
            "path": os.path.relpath(candidate.path, self.root), "line": mutant.line, "template": mutant.template,
            "old": text[edit.start : edit.end].strip()[:_TEXT], "new": edit.text.strip()[:_TEXT], "coarse": coarse,
        }  # fmt: skip


def _limit(runs: dict[int, Run], which: list[int]) -> float:
    """Seconds of CPU for one test with a fault in it."""
    slowest = max((runs[i].seconds for i in which), default=0.05)
    return max(0.1, min(10 * slowest, max(2 * slowest, 2 * LONGER)))


def _statement(site: Site, mutant: Mutant) -> tuple[int, int]:
    """First and last line of the innermost statement at a fault; of a block's head, without its body."""
    found = (mutant.line, mutant.line)
    for node in site.statements:
        body = getattr(node, "body", None)
        last = body[0].lineno - 1 if isinstance(body, list) and body else node.end_lineno or node.lineno
        if node.lineno <= mutant.line <= max(last, node.lineno):
            found = (node.lineno, max(last, node.lineno))
    return found
