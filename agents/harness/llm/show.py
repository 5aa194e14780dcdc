"""A brief as text for a model: what people said is the task, all else is marked as data."""

from __future__ import annotations

import json
from functools import partial

from agents.harness import Brief, Comment, Frame, Occurrence
from agents.harness.llm.desk import marked
from agents.text import visible

_FRAMES = 30
_PART = 6_000  # characters of one part


def shown(brief: Brief, nonce: str) -> str:
    """The report for a model.

    Args:
        brief: the report.
        nonce: marks what was written by others.
    """
    data = partial(marked, nonce, limit=_PART)
    numbers = brief.numbers
    parts = [
        f"# Report {brief.report_id}",
        data("title", visible(brief.title)),
        f"Seen {numbers.signals} times by {numbers.users} users, from {numbers.first_seen:%Y-%m-%d %H:%M} to "
        f"{numbers.last_seen:%Y-%m-%d %H:%M} UTC; handled share {numbers.handled_share:.0%}; levels "
        f"{json.dumps(numbers.levels)}; traffic {numbers.exposure:g} {numbers.exposure_name or 'unknown'}.",
        f"The base commit is {brief.base_sha[:12]}"
        + (f"; the events ran on {brief.release_sha[:12]}." if brief.release_sha else "."),
        f"The project's tests: `{brief.tests}`" if brief.tests else "No test command of the project is known.",
    ]
    if brief.occurrences:
        many = len(brief.occurrences)
        parts += [f"## Failures: the first of {many} (the tool `signal` shows each)"]
        parts += [data("signal 1", occurrence_text(brief.occurrences[0]))]
    if brief.texts:
        parts += ["## Reports without a stack", data("texts", visible("\n---\n".join(brief.texts)))]
    parts += _known(brief, nonce)
    if brief.open_changes:
        parts += ["## Files that other open changes touch", data("paths", visible("\n".join(brief.open_changes)))]
    if brief.lessons:
        parts += ["## What the team noted before", *brief.lessons]
    if brief.guidance:
        parts += ["## What the team said, newest last: this is part of your task", *brief.guidance]
    if brief.chosen is not None:
        parts.append(f"The team chose: {brief.chosen.label}. {brief.chosen.detail} {brief.chosen.example}".strip())
    if brief.attempt and not brief.objections:
        parts += ["## Your change as it stands", f"It is in the sandbox already: {', '.join(sorted(brief.attempt))}."]
    if brief.comments:
        rows = [f"- comment {each.id}{_at(each)}: {each.text}" for each in brief.comments]
        parts += ["## Comments of the team: do what they ask, and answer each in `replies`", "\n".join(rows)]
    if brief.objections:
        parts += ["## Your task now: mend your change", "It is in the sandbox already. This has to be answered:"]
        parts += [data("objections", visible("\n".join(brief.objections)))]
    return "\n\n".join(parts)


def _at(comment: Comment) -> str:
    if comment.path is None:
        return ""
    return f" at {comment.path}:{comment.line}{' of the base' if comment.side == 'old' else ''}"


def _known(brief: Brief, nonce: str) -> list[str]:
    parts = []
    if brief.findings:
        rows = [f"- {f.text} ({f.file}:{f.line})" if f.file else f"- {f.text}" for f in brief.findings]
        parts += ["## Findings", marked(nonce, "findings", visible("\n".join(rows)), _PART)]
    found = brief.reproduction
    if found.confirmed:
        log = marked(nonce, found.test_path, visible(f"{found.test_source}\n{found.log}"), _PART)
        parts += [
            f"## Reproduced\n\n{found.test_path} fails at the base with {found.exception}; it is in the sandbox "
            f"already. Run it with `{' '.join(found.test_command).replace('{python}', 'python')}`.",
            log,
        ]
    return parts


def occurrence_text(occurrence: Occurrence) -> str:
    """One failure: exception, frames with values, request."""
    rows = [
        f"{occurrence.exception}: {occurrence.message}",
        *([f"raised to the outside as {occurrence.raised_as}"] if occurrence.raised_as else []),
        f"at {occurrence.at:%Y-%m-%d %H:%M:%S}, level {occurrence.level}, release {occurrence.release}, "
        f"transaction {occurrence.transaction}, handled {occurrence.handled}",
        *(_frame(frame) for frame in occurrence.frames[-_FRAMES:]),
    ]
    if occurrence.request:
        rows.append(f"request: {json.dumps(occurrence.request, default=str)[:2000]}")
    return visible("\n".join(rows))


def _frame(frame: Frame) -> str:
    where = frame.path or frame.raw_path
    own = "" if frame.path else " (not of this repository)"
    values = "".join(f"\n    {name} = {str(value)[:300]}" for name, value in frame.vars.items())
    return f"  {where}:{frame.line} in {frame.function}{own}\n    {frame.context_line.strip()}{values}"
