"""What is said to be the cause: the crash, or where the value that failed there was made or given."""

from __future__ import annotations

import re
from dataclasses import replace

from agents.harness import Brief, FindingDraft, Frame, Reproduction
from agents.harness.search.codemap import CodeMap, source_lines
from agents.harness.search.suspect import elsewhere, locate
from agents.harness.search.templates import candidates

_EMPTY = ("None", "[]", "{}", "''", '""', "()", "0", "set()")
_TELLING = 3  # the least evidence of a change elsewhere that makes that place the cause


def _suspects(crash: Frame) -> list[str]:
    """Variables on the crashing line whose captured value is empty: `partner is None`."""
    found = []
    for name, value in crash.vars.items():
        if value in _EMPTY and re.search(rf"\b{re.escape(name)}\b", crash.context_line):
            found.append(f"{name} is {value}")
    return found


def cause(brief: Brief, code: CodeMap, crash: Frame) -> FindingDraft:
    """The crash as the cause, with what was empty there."""
    first = brief.occurrences[0]
    parsed = code.parse(crash.path or "")
    suspects = _suspects(crash)
    because = f", where {' and '.join(suspects)}" if suspects else ""
    message = " ".join(first.message.split())[:200]
    came = f" It comes out as {' '.join(first.raised_as.split())[:200]}." if first.raised_as else ""
    return FindingDraft(
        text=f"{first.exception} ({message}) is raised in {crash.function}(){because}.{came}",
        verified=parsed is not None,
        is_cause=True,
        file=crash.path,
        function=crash.function.rsplit(".", 1)[-1],
        line=crash.line,
        evidence=_excerpt(parsed[0], crash.line) if parsed else crash.context_line,
    )


def at_origin(brief: Brief, code: CodeMap, findings: list[FindingDraft], found: Reproduction) -> list[FindingDraft]:
    """The findings with the cause where the failing value was made or given, when the code base speaks for that."""
    suspect = locate(replace(brief, reproduction=found), code)
    ranked = candidates(suspect, elsewhere(brief, suspect)) if suspect is not None else []
    best = ranked[0] if ranked else None
    if suspect is None or best is None or best.function == suspect.function.name:
        return findings
    if best.evidence < _TELLING or best.silencing or best.borrowed:
        return findings
    parsed = code.parse(best.path)
    text = f"The value that fails there comes through {best.function}(), which does not do as the rest: {best.why}."
    origin = FindingDraft(
        text, False, is_cause=True, file=best.path, function=best.function, line=best.line,
        evidence=_excerpt(parsed[0], best.line) if parsed else "",
    )  # fmt: skip
    first, *rest = findings
    return [first if not first.is_cause else replace(first, is_cause=False), *rest, origin]


def _excerpt(text: str, line: int, around: int = 3) -> str:
    lines = source_lines(text)
    first = max(1, line - around)
    return "\n".join(
        f"{'>' if n == line else ' '}{n:>5}  {lines[n - 1]}" for n in range(first, min(len(lines), line + around) + 1)
    )
