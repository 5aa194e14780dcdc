"""Trying candidates in the sandbox: what each does on the captured inputs, and whether the project's tests pass."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from pathlib import Path

from agents.harness import Brief
from agents.harness.search.reproduce.run import argv
from agents.harness.search.suspect import Candidate
from agents.sandbox import Sandbox
from agents.sandbox.shell import run_line

DRIVER = Path(__file__).with_name("driver.py")
_PLACE = ".loop-driver.py"  # in the sandbox's copy of the tree, never exported
_AT_ONCE = 20
_SECONDS = 10  # for one candidate on all inputs


@dataclass(frozen=True)
class Observed:
    """What a candidate did on the inputs that failed."""

    candidate: Candidate
    seen: tuple[tuple[str, str], ...]  # ("value", repr) or ("error", type), for each input

    @property
    def plausible(self) -> bool:
        """Whether nothing fails any more."""
        return bool(self.seen) and all(kind == "value" for kind, _ in self.seen)

    @property
    def behaviour(self) -> tuple[tuple[str, str], ...]:
        """What tells it apart: candidates that give the same values are one choice."""
        return self.seen


async def observe(brief: Brief, sandbox: Sandbox, found: list[Candidate], root: str, deadline: float) -> list[Observed]:
    """Run every candidate on the captured inputs, until the deadline (`time.monotonic`)."""
    await sandbox.write({_PLACE: DRIVER.read_bytes()})
    observed: list[Observed] = []
    for start in range(0, len(found), _AT_ONCE):
        if time.monotonic() > deadline:
            break
        batch = found[start : start + _AT_ONCE]
        await brief.transcript.progress(f"candidate {start + 1}–{start + len(batch)}/{len(found)}")
        request = {
            "root": root, "test": brief.reproduction.test_source, "timeout": _SECONDS,
            "candidates": [{candidate.path: candidate.text} for candidate in batch],
        }  # fmt: skip
        result = await sandbox.run(
            [sandbox.python, _PLACE], stdin=json.dumps(request).encode(), timeout=_SECONDS * len(batch) + 10
        )
        for candidate, line in zip(batch, result.stdout.splitlines(), strict=False):
            seen = tuple((str(kind), str(value)) for kind, value in json.loads(line))
            observed.append(Observed(candidate, seen))
    await sandbox.write({_PLACE: None})
    return observed


async def passes(
    brief: Brief, sandbox: Sandbox, candidate: Candidate, baseline: bool, test: tuple[str, str]
) -> tuple[bool, str]:
    """Whether the regression test, run fresh, and the project's own tests pass with a candidate; with the log.

    Args:
        brief: the report.
        sandbox: at the base.
        candidate: the change.
        baseline: whether the project's tests pass on the base; when not, they cannot be held against it.
        test: the regression test's path and text.
    """
    original = (brief.tree / candidate.path).read_bytes()
    await sandbox.write({candidate.path: candidate.text.encode(), test[0]: test[1].encode()})
    try:
        run = await sandbox.run(argv(brief.reproduction.test_command, sandbox), timeout=60)
        if run.ok and baseline and brief.tests:
            run = await run_line(sandbox, brief.tests, timeout=max(30.0, brief.budget))
        return run.ok, run.log
    finally:
        await sandbox.write({candidate.path: original, test[0]: None})
