"""Where the fault may be: which lines failing and passing tests run, and where the failure was raised."""

from __future__ import annotations

import math
import os
import sys
from types import FrameType
from typing import Any

Line = tuple[str, int]
OWN = os.path.dirname(os.path.abspath(__file__)) + os.sep  # noqa: PTH100, PTH120
_FOREIGN = ("site-packages", "dist-packages", os.sep + ".venv", os.sep + "venv" + os.sep, os.sep + ".tox")


class Coverage:
    """Which lines of the project run while it is entered.

    Args:
        root: the absolute folder of the project.
    """

    def __init__(self, root: str) -> None:
        self._root = root.rstrip(os.sep) + os.sep
        self._wanted: dict[str, bool] = {}
        self.lines: set[Line] = set()

    def _ours(self, name: str) -> bool:
        path = os.path.abspath(name)  # noqa: PTH100
        inside = path.startswith(self._root) and not path.startswith(OWN) and not name.startswith("<")
        return inside and not any(mark in path[len(self._root) - 1 :] for mark in _FOREIGN)

    def _call(self, frame: FrameType, event: str, arg: Any) -> Any:
        name = frame.f_code.co_filename
        if name not in self._wanted:
            self._wanted[name] = self._ours(name)
        if not self._wanted[name]:
            return None
        add, path = self.lines.add, os.path.abspath(name)  # noqa: PTH100

        def local(frame: FrameType, event: str, arg: Any) -> Any:
            if event == "line":
                add((path, frame.f_lineno))
            return local

        return local

    def __enter__(self) -> Coverage:
        self._before = sys.gettrace()
        sys.settrace(self._call)
        return self

    def __exit__(self, *exc: object) -> None:
        sys.settrace(self._before)


def ochiai(failing: list[set[Line]], passing: list[set[Line]], raised: list[Line]) -> dict[Line, float]:
    """How suspicious each line is that failing tests run, 0.0 … 1.0 and up to 0.5 more near where it was raised.

    Ochiai's coefficient, failed(s) / sqrt(all failed · (failed(s) + passed(s))), did best among those that Abreu et al.
    (TAIC PART 2007) compare.

    Args:
        failing: lines of each failing test.
        passing: lines of each passing test.
        raised: lines of the project in the failures' tracebacks, the innermost last in each.
    """
    scores: dict[Line, float] = {}
    for line in set().union(*failing):
        failed = sum(line in lines for lines in failing)
        passed = sum(line in lines for lines in passing)
        scores[line] = failed / math.sqrt(len(failing) * (failed + passed))
    for rank, line in enumerate(reversed(raised)):
        if line in scores:
            scores[line] += 0.5 / (1 + rank) ** 0.5
    return scores
