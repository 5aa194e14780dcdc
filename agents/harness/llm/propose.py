"""Proposing with a model: the change is what its sandbox holds in the end, and its own words only describe it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from hashlib import sha256

from pydantic_ai import ModelRetry

from agents.config import Settings
from agents.harness import Brief, Proposal
from agents.harness.llm.answers import Proposed
from agents.harness.llm.desk import Desk, Refusal, clipped
from agents.harness.llm.investigate import ask
from agents.harness.llm.show import shown
from agents.harness.llm.think import Job, Thinker, think
from agents.harness.llm.tools import WORKING, text_of
from agents.harness.search.reproduce.run import argv
from agents.sandbox.overlay import HostileTar, overlay
from agents.text import visible

_RUN = 120.0  # seconds for the test
_TOLD = 4_000  # characters of its log


async def propose(settings: Settings, brief: Brief, think: Thinker = think) -> Proposal:
    """Have the model make the change, or whatever `think` asks.

    Raises:
        Unavailable: the model cannot be asked.
        SandboxError: there is no sandbox.
    """
    told = await think(
        settings,
        Job(
            "propose", brief, brief.tree, _subject(brief), lambda nonce: shown(brief, nonce), Proposed, WORKING, _check,
            _taken, _begun(brief),
        ),
    )  # fmt: skip
    proposal = told.taken or Proposal(why_none=told.why_not)
    return replace(proposal, opened=told.opened, usd=told.usd, tokens=told.tokens)


def _subject(brief: Brief) -> str:
    """The commit; for a change that is to be mended, what was objected to as well."""
    if not brief.objections:
        return f"{brief.base_sha} {brief.candidate}" if brief.candidate else brief.base_sha
    known = repr((sorted(brief.attempt.items()), brief.objections))
    return f"{brief.base_sha} mended {sha256(known.encode()).hexdigest()}"


def _begun(brief: Brief) -> dict[str, bytes | None]:
    """What is in the sandbox before the model begins: the failing test, and the change that is to be mended."""
    found = brief.reproduction
    files: dict[str, bytes | None] = {found.test_path: found.test_source.encode()} if found.confirmed else {}
    return files | _as_bytes(brief.attempt)


def _as_bytes(files: Mapping[str, str | None]) -> dict[str, bytes | None]:
    return {path: None if text is None else text.encode() for path, text in files.items()}


async def _check(desk: Desk, answer: Proposed) -> Proposed:
    _answered(desk.brief, answer)
    if answer.question is not None or answer.why_none:
        return answer
    test = _test_path(desk, answer)
    try:
        files = await _changed(desk)
    except HostileTar as error:
        raise ModelRetry(str(error)) from error
    if desk.brief.attempt and files == _as_bytes(desk.brief.attempt):
        raise ModelRetry("The change is as it was; do what was asked of it, or say in why_none why not.")
    if not set(files) - {test}:
        raise ModelRetry("Nothing is changed in the sandbox; make the change, ask a question, or say why_none.")
    if not (answer.title and answer.cause and answer.change):
        raise ModelRetry("A change needs title, cause and change.")
    if test and not await _there(desk, test):
        raise ModelRetry(f"There is no test {test} in the sandbox; write it, or leave test_path empty.")
    if desk.brief.reproduction.confirmed:
        await _green(desk, test)
    return answer


def _answered(brief: Brief, answer: Proposed) -> None:
    """Look whether each comment has an answer.

    Raises:
        ModelRetry: one has none, or an answer is to none of them.
    """
    known, said = {each.id for each in brief.comments}, {each.comment for each in answer.replies}
    if answer.question is None and known != said:
        wrong = ", ".join(str(id) for id in sorted(known ^ said))
        raise ModelRetry(f"Answer each comment once in `replies`, by its number; look at {wrong}.")


async def _green(desk: Desk, test: str) -> None:
    """Run the regression test.

    Raises:
        ModelRetry: it fails with the change.
    """
    line = argv(desk.brief.reproduction.test_command, desk.sandbox)
    result = await desk.sandbox.run(line, timeout=_RUN)
    await desk.brief.transcript.step(
        "check", f"{test} with the change", result.log, ok=result.ok, seconds=result.seconds
    )
    if not result.ok:
        log = desk.data(test, clipped(visible(result.log), _TOLD))
        raise ModelRetry(f"The regression test fails with the change:\n{log}")


async def _taken(desk: Desk, answer: Proposed) -> Proposal:
    if answer.question is not None:
        return Proposal(question=ask(answer.question))
    replies = tuple((each.comment, each.text) for each in answer.replies)
    if answer.why_none:
        return Proposal(why_none=answer.why_none, replies=replies)
    test = _test_path(desk, answer)
    files: dict[str, str | None] = {}
    try:
        changed = await _changed(desk)
    except HostileTar as error:
        return Proposal(why_none=str(error))
    for path, data in changed.items():
        try:
            files[path] = None if data is None else data.decode("utf-8")
        except UnicodeDecodeError:
            return Proposal(why_none=f"The model changed {visible(path)}, which is not text; make that change by hand.")
    source = files.pop(test, None) if test else None
    if test and source is None:
        source = await text_of(desk, test)  # as it was in the base, or put there for the model
    return Proposal(
        files=files, test_path=test, test_source=source or "", title=answer.title, cause=answer.cause,
        change=answer.change, tried=1, replies=replies,
    )  # fmt: skip


def _test_path(desk: Desk, answer: Proposed) -> str:
    """The regression test; one that reproduces the failure keeps its path, because its command names it."""
    found = desk.brief.reproduction
    return found.test_path if found.confirmed else answer.test_path


async def _there(desk: Desk, path: str) -> bool:
    try:
        await text_of(desk, path)
    except Refusal:
        return False
    return True


async def _changed(desk: Desk) -> dict[str, bytes | None]:
    """What differs from the base: files of it, and new ones that were written by a tool, not left by a command.

    Raises:
        HostileTar: the sandbox's tree cannot be used.
    """
    found = desk.brief.reproduction
    files = overlay(await desk.sandbox.export(), desk.brief.tree).files
    mine = {*desk.written, *desk.brief.attempt, found.test_path}
    return {path: data for path, data in files.items() if path in mine or (desk.brief.tree / path).is_file()}
