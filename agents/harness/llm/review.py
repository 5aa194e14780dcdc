"""Reviewing with a model: remarks that name a place keep it only where there is one."""

from __future__ import annotations

import hashlib
from dataclasses import replace

from pydantic_ai import ModelRetry

from agents.config import Settings
from agents.harness import Brief, Diffed, Remark, Review
from agents.harness.llm.answers import Reviewed
from agents.harness.llm.desk import Desk, marked
from agents.harness.llm.investigate import known
from agents.harness.llm.show import shown
from agents.harness.llm.think import Job, Thinker, think
from agents.harness.llm.tools import LOOKING
from agents.harness.turn import unreviewed
from agents.models import Severity
from agents.text import visible

_DIFF = 60_000  # characters


async def review(settings: Settings, brief: Brief, diffed: Diffed, think: Thinker = think) -> Review:
    """Have the model look at a change, or whatever `think` asks.

    Raises:
        Unavailable: the model cannot be asked.
        SandboxError: there is no sandbox.
    """

    def question(nonce: str) -> str:
        return f"{shown(brief, nonce)}\n\n## The change\n\n{marked(nonce, 'diff', visible(diffed.diff), _DIFF)}"

    async def check(desk: Desk, answer: Reviewed) -> Reviewed:
        for note in answer.remarks:
            if (why := _misplaced(diffed, note.path, note.line)) is not None:
                raise ModelRetry(why)
        return answer

    subject = hashlib.sha256(diffed.diff.encode("utf-8", "replace")).hexdigest()
    told = await think(
        settings, Job("review", brief, diffed.head_tree, subject, question, Reviewed, LOOKING, check, _taken)
    )
    found = told.taken or unreviewed(told.why_not)
    return replace(found, usd=told.usd, tokens=told.tokens)


def _misplaced(diffed: Diffed, path: str | None, line: int | None) -> str | None:
    """What is wrong with where a remark points; None when nothing is."""
    if path is None:
        return None if line is None else "A line goes with a path."
    if path not in diffed.files:
        return f"{path} is no file of this change; these are: {', '.join(diffed.files)}."
    if line is not None and known(diffed.head_tree, path):
        count = len((diffed.head_tree / path).read_bytes().splitlines())
        if line > count:
            return f"{path} has {count} lines; there is no line {line}."
    return None


async def _taken(desk: Desk, answer: Reviewed) -> Review:
    remarks = tuple(Remark(Severity(each.severity), each.text, each.path, each.line) for each in answer.remarks)
    await desk.brief.transcript.step(
        "review",
        f"{len(remarks)} remarks",
        "\n".join(f"{r.severity.value}: {r.path}:{r.line} {r.text}" for r in remarks),
    )
    return Review(remarks)
