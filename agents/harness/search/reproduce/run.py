"""Running rebuilt calls in the sandbox until the same exception at the same place is seen."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace

from agents.harness import Brief, Occurrence, Reproduction
from agents.harness.search.codemap import CodeMap
from agents.harness.search.reproduce.call import Call
from agents.harness.search.reproduce.calls import OTHERS, calls
from agents.harness.search.reproduce.clock import at_the_time
from agents.harness.search.reproduce.command import commands
from agents.harness.search.reproduce.failure import differs
from agents.harness.search.reproduce.web import requests
from agents.harness.search.reproduce.written import regression_test
from agents.sandbox import Sandbox, Source

_CASES = 5  # distinct inputs kept
_TRIED = 12  # occurrences
_RUNS = 40  # of calls, over all occurrences
_SECONDS = 60.0  # for one call
_TOLD = 5  # reasons


async def reproduce(brief: Brief, code: CodeMap) -> Reproduction:
    """Find calls that fail at the base as they failed in production, and the test that makes them."""
    if not brief.occurrences:
        return Reproduction(confirmed=False, why_not="No stack trace was captured, so there is no call to rebuild.")
    confirmed: list[tuple[Call, str, Occurrence]] = []
    async with await brief.sandboxes.open(Source(brief.tree, label=f"report-{brief.report_id}-reproduce")) as sandbox:
        search = _Search(brief, code, sandbox)
        for occurrence in brief.occurrences[:_TRIED]:
            found = await search.one(occurrence)
            if found is not None:
                confirmed.append((*found, occurrence))
            if len(confirmed) >= _CASES or search.runs >= _RUNS:
                break
    crash = _crash(brief.occurrences[0])
    if not confirmed:
        why_not = "; ".join(search.reasons[:_TOLD]) or "no frame of the stack is in this repository"
        return replace(crash, exception=brief.occurrences[0].exception, why_not=why_not)
    # One function's cases make one test; the innermost function was tried first.
    first, log, occurrence = confirmed[0]
    cases = [call for call, _, _ in confirmed if (call.path, call.name) == (first.path, first.name)]
    path, source = regression_test(brief, code, cases, occurrence)
    return replace(
        crash, confirmed=True, test_path=path, test_source=source, test_command=command(code, path),
        call=first.label, exception=occurrence.exception, log=log,
    )  # fmt: skip


class _Search:
    """The calls that were tried, and what came of them."""

    def __init__(self, brief: Brief, code: CodeMap, sandbox: Sandbox) -> None:
        self._brief = brief
        self._code = code
        self._sandbox = sandbox
        self._seen: set[tuple[str, ...]] = set()
        self._confirmed: set[tuple[str, ...]] = set()
        self.reasons: list[str] = []
        self.runs = 0

    async def one(self, occurrence: Occurrence) -> tuple[Call, str] | None:
        """The first call that fails as the occurrence did, with its log."""
        passed: list[Call] = []
        for call in self._attempts(occurrence):
            if isinstance(call, str):
                self._say(call)
                continue
            why, log = await self._try(occurrence, call)
            if not why:
                self._confirmed.add(tuple(call.body))
                return call, log
            if why == "did not fail":
                passed.append(call)
            if not call.another:
                self._say(_told(call, why))
        for call in passed:  # perhaps it fails at its own time only
            stopped = at_the_time(self._code, occurrence, call)
            if stopped is not None and not (tried := await self._try(occurrence, stopped))[0]:
                return stopped, tried[1]
        return None

    def _attempts(self, occurrence: Occurrence) -> Iterator[Call | str]:
        """What to try, each once: the functions themselves, the way in, and then other readings of the values."""
        guessed = False
        for call in calls(self._code, occurrence):
            if isinstance(call, Call):
                guessed |= call.guessed
                if tuple(call.body) in self._confirmed:
                    return  # the same inputs as of an earlier one
            if isinstance(call, str) or self._new(call):
                yield call
        for call in (*requests(self._code, occurrence), *commands(self._code, occurrence)):
            if isinstance(call, str) or self._new(call):
                yield call
        for style in OTHERS if guessed else ():
            again = calls(self._code, occurrence, style)
            yield from (replace(c, another=True) for c in again if isinstance(c, Call) and self._new(c))

    def _new(self, call: Call) -> bool:
        key = tuple(call.body)
        known = key in self._seen or self.runs >= _RUNS
        self._seen.add(key)
        return not known

    async def _try(self, occurrence: Occurrence, call: Call) -> tuple[str, str]:
        """How a call's failure differs from the occurrence's, "" when it does not, and the log."""
        self.runs += 1
        path, source = regression_test(self._brief, self._code, [call], occurrence)
        await self._sandbox.write({path: source.encode()})
        began = time.perf_counter()
        result = await self._sandbox.run(argv(command(self._code, path), self._sandbox), timeout=_SECONDS)
        await self._sandbox.write({path: None})
        why = differs(result, occurrence, self._code)
        await self._brief.transcript.step(
            "command", f"reproduce: {call.label}", result.log, ok=not why, seconds=time.perf_counter() - began
        )
        return why, result.log

    def _say(self, reason: str) -> None:
        if reason not in self.reasons:
            self.reasons.append(reason)


def _told(call: Call, why: str) -> str:
    """Why a call is not the failure; that it "did not fail" is said only where it had what it had in production."""
    if call.title and why == "did not fail":
        return f"{call.title} ended well"
    if call.doubts:
        why = "ended well" if why == "did not fail" else why
        return f"{call.called} was called again and {why} ({', and '.join(call.doubts)})"
    return f"{call.called} was called again and {why}"


def _crash(occurrence: Occurrence) -> Reproduction:
    own = [frame for frame in occurrence.frames if frame.path]
    if not own:
        return Reproduction(confirmed=False)
    crash = own[-1]
    return Reproduction(confirmed=False, file=crash.path or "", function=crash.function, line=crash.line)


def command(code: CodeMap, path: str) -> list[str]:
    """How one test file is run, with `{python}` for the sandbox's interpreter."""
    run = ["{python}", "-m", "pytest", "-q", "--tb=native", "-p", "no:cacheprovider", path]
    # Not through PYTHONPATH: a sandbox may have pytest there.
    return [*run, "--rootdir=.", "-o", f"pythonpath={code.source_root}"] if code.source_root else run


def argv(template: list[str], sandbox: Sandbox) -> list[str]:
    """The command with the sandbox's interpreter in it."""
    return [part.replace("{python}", sandbox.python) for part in template]
