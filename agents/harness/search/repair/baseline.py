"""The tests on the code as it is: which pass, how long they take, and which lines they run."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from .children import Say, expire_after, forked
from .spectrum import Coverage, Line
from .tests import Outcome, Tests

FIRST_LIMIT, LONGER = 0.2, 1.0  # seconds of CPU for one test before its time is known
_HUNG = 2  # tests that do not end, before the rest is taken to be like them


@dataclass
class Run:
    """One test on the code as it is."""

    outcome: Outcome
    seconds: float
    hung: bool = False


def baseline(tests: Tests, seconds: float) -> dict[int, Run]:
    """Every test once, within some seconds; when some do not end in a short time, one of them is given longer."""
    every = list(range(len(tests.names)))
    end = time.monotonic() + seconds
    runs = _pass(tests, every, FIRST_LIMIT, end)
    hung = [i for i, run in runs.items() if run.hung]
    if hung:
        again = _pass(tests, hung[:1], LONGER, end)
        if not again[hung[0]].hung:
            again |= _pass(tests, every[every.index(hung[0]) + 1 :], 30 * LONGER, end)
        runs |= again
    return runs


def _pass(tests: Tests, waiting: list[int], limit: float, end: float) -> dict[int, Run]:
    """Each of these tests, the next child going on after one that does not end; after two such the rest is left."""
    runs: dict[int, Run] = {}
    hung = 0
    while waiting and time.monotonic() < end and hung < _HUNG:
        for _, said in forked([_plain(tests, waiting, limit)], at_once=1, seconds=end - time.monotonic()):
            for index, outcome, seconds in said:
                runs[index] = Run(_read(outcome), seconds)
            waiting = waiting[len(said) :]
            if waiting:
                hung += 1
                runs[waiting[0]] = Run(Outcome(False), limit, hung=True)
                waiting = waiting[1:]
    return runs | {index: Run(Outcome(False), limit, hung=True) for index in waiting}


def _plain(tests: Tests, which: list[int], limit: float) -> Callable[[Say], None]:
    def run(say: Say) -> None:
        for index in which:
            expire_after(limit, kill=True)
            began = time.process_time()
            outcome = tests.run(index)
            expire_after(0, kill=True)
            say([index, vars(outcome), time.process_time() - began])

    return run


def _read(said: dict[str, Any]) -> Outcome:
    return Outcome(said["ok"], said["error"], said["message"], [(path, line) for path, line in said["frames"]])


def traced(tests: Tests, which: list[int], root: str, limit: float, at_once: int) -> list[tuple[set[Line], Outcome]]:
    """The lines of the project that each of these tests runs, and how it ends; one that does not end is cut off."""

    def task(index: int) -> Callable[[Say], None]:
        def run(say: Say) -> None:
            coverage = Coverage(root)
            expire_after(limit, kill=False)
            with coverage:
                outcome = tests.run(index)
            expire_after(0, kill=False)
            say([sorted(coverage.lines), vars(outcome)])

        return run

    found = []
    for _, said in forked([task(index) for index in which], at_once=at_once, seconds=limit * 40):
        for lines, outcome in said:
            found.append(({(path, line) for path, line in lines}, _read(outcome)))
    return found
