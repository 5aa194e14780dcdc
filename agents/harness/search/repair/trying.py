"""Trying candidates: failing tests first, many candidates in one child; then the whole suite, each in a fresh child."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice

from .children import Say, Task, expire_after, forked
from .mutate import Mutant, Site
from .swap import kept
from .tests import Outcome, Tests

_PLAUSIBLE = 60
_AFTER, _AFTER_SECONDS = 150, 1.0  # more candidates, and seconds of CPU, after the first plausible one
_BATCH, _WINDOW = 20, 60  # candidates in one child; among how many those of one function are put together


@dataclass
class Candidate:
    """An edit at its place, with how likely it is."""

    path: str
    site: Site
    mutant: Mutant
    score: float
    passed: int = 0  # failing tests it passed before the first that it did not
    late: bool = False


class _Queue:
    """Tasks with what they are for, which give way to those that come up while others run."""

    def __init__(self, tasks: Iterable[tuple[list[Candidate], Task]]) -> None:
        self._tasks, self._waiting = iter(tasks), list[tuple[list[Candidate], Task, bool]]()
        self.taken: list[tuple[list[Candidate], bool]] = []  # candidates by place, and whether all tests are run

    def add(self, batch: list[Candidate], task: Task, *, whole: bool) -> None:
        """A further task."""
        self._waiting.append((batch, task, whole))

    def __iter__(self) -> Iterator[Task]:
        return self

    def __next__(self) -> Task:
        batch, task, whole = self._waiting.pop(0) if self._waiting else (*next(self._tasks), False)
        self.taken.append((batch, whole))
        return task


@dataclass
class Trial:
    """What candidates are tried on.

    Args:
        tests: the suite.
        root: the absolute folder of the project.
        failing: its failing tests.
        expected: how the first of them ends on the code as it is; None when it does not end.
        deadline: when to stop, by `time.monotonic`.
        at_once: children side by side.
    """

    tests: Tests
    root: str
    failing: list[int]
    expected: Outcome | None
    deadline: float
    at_once: int
    tried: int = 0

    def plausible(self, candidates: Iterable[Candidate], limit: float) -> list[Candidate]:
        """Those that pass every test, `limit` seconds of CPU for each; the search ends a while after the first.

        What passes the failing tests runs the whole suite in its own order in a fresh child, because tests may depend
        on what earlier ones left. A batch that leaves something behind, or after which the failing test does not fail
        as it did, is tried again one by one.
        """
        found: list[Candidate] = []
        began, until, enough = _cpu(), float("inf"), float("inf")
        every = list(range(len(self.tests.names)))
        before = self.tried
        queue = _Queue((batch, self._first(batch, limit)) for batch in self._batches(candidates))
        for place, said in forked(queue, at_once=self.at_once, seconds=(len(every) + _BATCH) * limit * 10 + 5):
            batch, whole = queue.taken[place]
            if whole and said == ["passes"]:
                found.append(batch[0])
                if len(found) == 1:
                    count = self.tried - before
                    until, enough = _cpu() + max(_AFTER_SECONDS, _cpu() - began), max(_AFTER + count, 2 * count)
            elif not whole:
                for candidate in self._read(batch, said, queue, limit):
                    queue.add([candidate], self._every(candidate, every, limit), whole=True)
            over = _cpu() > until or self.tried - before > enough or time.monotonic() > self.deadline
            if over or len(found) >= _PLAUSIBLE:
                break
        return found

    def _batches(self, candidates: Iterable[Candidate]) -> Iterator[list[Candidate]]:
        rest = iter(candidates)
        while window := list(islice(rest, _WINDOW)):
            by_site: dict[int, list[Candidate]] = {}
            for candidate in window:
                by_site.setdefault(id(candidate.site), []).append(candidate)
            for same in by_site.values():
                size = _BATCH if self.expected is not None and self.tests.repeats(same[0].path) else 1
                for start in range(0, len(same), size):
                    yield same[start : start + size]

    def _first(self, batch: list[Candidate], limit: float) -> Task:
        """The failing tests on each candidate, then once on the code as it is where there were several."""

        def run(say: Say) -> None:
            before = kept(self.root)
            for candidate in batch:
                passed = 0
                if install(self.tests, candidate):
                    for index in self.failing:
                        if not self._limited(index, limit).ok:
                            break
                        passed += 1
                say(passed)
            if len(batch) > 1:
                restore(self.tests, batch[0])
                outcome = self._limited(self.failing[0], 10 * limit)
                wanted = self.expected or outcome
                same = not outcome.ok and (outcome.error, outcome.frames[-1:]) == (wanted.error, wanted.frames[-1:])
                say("clean" if same and kept(self.root) == before else "marked")

        return run

    def _read(self, batch: list[Candidate], said: list[object], queue: _Queue, limit: float) -> Iterator[Candidate]:
        """The candidates that passed the failing tests; what is in doubt is put into the queue once more."""
        counts = [value for value in said if isinstance(value, int)]
        for candidate, passed in zip(batch, counts, strict=False):
            candidate.passed = max(candidate.passed, passed)
        clean = len(batch) == 1 or said[-1:] == ["clean"] or len(counts) < len(batch)
        again = batch[len(counts) + 1 :] if clean else [c for c in batch if not c.passed]
        if len(counts) < len(batch):
            batch[len(counts)].late = True
        self.tried += len(batch) - len(again)
        for part in [again] if clean else [[c] for c in again]:
            if part:
                queue.add(part, self._first(part, limit), whole=False)
        yield from (c for c, passed in zip(batch, counts, strict=False) if passed == len(self.failing))

    def _every(self, candidate: Candidate, order: list[int], limit: float) -> Task:
        def run(say: Say) -> None:
            if install(self.tests, candidate) and all(self._limited(index, limit).ok for index in order):
                say("passes")

        return run

    def _limited(self, index: int, limit: float) -> Outcome:
        expire_after(limit, kill=True)
        outcome = self.tests.run(index)
        expire_after(0, kill=True)
        return outcome


def install(tests: Tests, candidate: Candidate) -> bool:
    """Put a candidate in place; False for one that does not compile or fit."""
    site, mutant = candidate.site, candidate.mutant
    try:
        return tests.install(candidate.path, site.alone(), site.alone(mutant), mutant.applied(site.text))
    except (SyntaxError, ValueError):
        return False


def restore(tests: Tests, candidate: Candidate) -> bool:
    """Put the code as it is back where a candidate is in place."""
    site = candidate.site
    return tests.install(candidate.path, site.alone(candidate.mutant), site.alone(), site.text)


def merged(group: list[Candidate]) -> Candidate:
    """Several edits of one function as one candidate."""
    first = group[0]
    mutants = [candidate.mutant for candidate in group]
    edits = tuple(edit for mutant in mutants for edit in mutant.edits)
    names = " and ".join(mutant.template for mutant in mutants)
    silencing = all(mutant.silencing for mutant in mutants)
    mutant = Mutant(edits, first.mutant.line, names, min(m.prior for m in mutants), silencing)
    return Candidate(first.path, first.site, mutant, sum(c.score for c in group) / len(group) ** 2)


def _cpu() -> float:
    """Seconds of CPU of this process and its children: how much was done, however busy the machine is."""
    return sum(os.times()[:4])
