"""Trying candidates in the sandbox: what each does on the captured inputs, and whether the project's tests pass."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass, replace
from pathlib import Path

from agents.harness import Brief
from agents.harness.search.codemap import CodeMap
from agents.harness.search.reproduce.run import argv
from agents.harness.search.suspect import Candidate
from agents.harness.search.trials import Trial, probed, probes
from agents.sandbox import Sandbox
from agents.sandbox.shell import run_line

_DRIVER = Path(__file__).with_name("driver.py")
_PLACE = ".loop-driver.py"  # in the sandbox's copy of the tree, never exported
_AT_ONCE = 20
_SECONDS = 10  # for one candidate on all inputs


Seen = tuple[tuple[str, str], ...]  # ("value", repr) or ("error", type), for each call


@dataclass(frozen=True)
class Observed:
    """What a candidate did on the inputs that failed."""

    candidate: Candidate
    trial: Trial  # the innermost test that it can be seen in
    seen: Seen  # in that test
    around: Seen = ()  # in the tests of the frames around it
    differs: str = ""  # a call that did not fail before and gives something else now; "" when none is known

    @property
    def plausible(self) -> bool:
        """Whether nothing fails any more."""
        return bool(self.seen) and all(kind == "value" for kind, _ in (*self.seen, *self.around))

    @property
    def behaviour(self) -> tuple[int, Seen, Seen]:
        """What tells it apart: candidates that give the same values are one choice."""
        return self.trial.outward, self.seen, self.around

    @property
    def evidence(self) -> int:
        """What speaks for it; little, once it is seen to change what went well."""
        return self.candidate.evidence if self.safe else min(1, self.candidate.evidence)

    @property
    def safe(self) -> bool:
        """Whether all else stays as it was, as far as was tried, or is meant to change."""
        return not self.differs or self.candidate.means_more


async def observe(
    brief: Brief, sandbox: Sandbox, found: list[Candidate], code: CodeMap, shown: list[Trial], deadline: float
) -> list[Observed]:
    """Run every candidate on the captured inputs, until the deadline (`time.monotonic`).

    Args:
        brief: the report.
        sandbox: at the base.
        found: the candidates.
        code: the product.
        shown: the tests, innermost first; those around the first that pass at the base are left out.
        deadline: when to stop.
    """
    tests = [trial.source for trial in shown]
    base = (await run_driver(sandbox, code.source_root, tests, [{}]))[0]
    failing = [n for n, seen in enumerate(base) if n == 0 or any(kind == "error" for kind, _ in seen)]
    observed: list[Observed] = []
    for start in range(0, len(found), _AT_ONCE):
        if time.monotonic() > deadline:
            break
        batch = found[start : start + _AT_ONCE]
        await brief.transcript.progress(f"candidate {start + 1}–{start + len(batch)}/{len(found)}")
        texts = [{candidate.path: candidate.text} for candidate in batch]
        answers = await run_driver(sandbox, code.source_root, [tests[n] for n in failing], texts)
        for candidate, answer in zip(batch, answers, strict=False):
            seen = [(shown[n], tuple(s)) for n, s in zip(failing, answer, strict=False)]
            seen = [(trial, s) for trial, s in seen if trial.outward >= candidate.outward]
            if seen:
                around = tuple(item for _, s in seen[1:] for item in s)
                observed.append(Observed(candidate, seen[0][0], seen[0][1], around))
    return observed


async def run_driver(
    sandbox: Sandbox, root: str, tests: list[str], candidates: list[dict[str, str]]
) -> list[list[Seen]]:
    """For each candidate (path → text), for each test module, what its calls give; [] where that is not known."""
    await sandbox.write({_PLACE: _DRIVER.read_bytes()})
    request = {"root": root, "tests": tests, "timeout": _SECONDS, "candidates": candidates}
    result = await sandbox.run(
        [sandbox.python, _PLACE], stdin=json.dumps(request).encode(), timeout=_SECONDS * len(candidates) + 10
    )
    await sandbox.write({_PLACE: None})
    return [_read(line) for line in result.stdout.splitlines()[: len(candidates)]]


def _read(line: str) -> list[Seen]:
    try:
        return [tuple((str(kind), str(value)) for kind, value in seen) for seen in json.loads(line)]
    except (ValueError, TypeError):
        return []  # the code under test may have written it


async def compared(sandbox: Sandbox, root: str, item: Observed) -> Observed:
    """A candidate with the first call near the failing one that went well before and gives something else now."""
    source = probes(item.trial.source)
    texts = [{}, {}, {item.candidate.path: item.candidate.text}]
    answers = await run_driver(sandbox, root, [source], texts)
    if len(answers) < len(texts):
        return item
    first, again, now = (answer[0] for answer in answers)
    for call, old, same, new in zip(probed(source), first, again, now, strict=False):
        if old == same and old[0] == "value" and new != old:
            said = new[1] if new[0] == "value" else f"fails with {new[1]}"
            return replace(item, differs=f"{call} gave {old[1][:120]} and now {said[:120]}")
    return item


async def passes(brief: Brief, sandbox: Sandbox, item: Observed, baseline: bool, test: str) -> tuple[bool, str]:
    """Whether the regression test, run fresh, and the project's own tests pass with a candidate; with the log.

    Args:
        brief: the report.
        sandbox: at the base.
        item: the change, with the test it is seen in.
        baseline: whether the project's tests pass on the base; when not, they cannot be held against it.
        test: the regression test's text.
    """
    candidate = item.candidate
    original = (brief.tree / candidate.path).read_bytes()
    await sandbox.write({candidate.path: candidate.text.encode(), item.trial.path: test.encode()})
    try:
        run = await sandbox.run(argv(item.trial.command, sandbox), timeout=60)
        if run.ok and baseline and brief.tests:
            run = await run_line(sandbox, brief.tests, timeout=max(30.0, brief.budget))
        return run.ok, run.log
    finally:
        await sandbox.write({candidate.path: original, item.trial.path: None})
