"""Investigating with a model: what it found is kept where it holds, and its test is run before it counts."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from pydantic_ai import ModelRetry

from agents.config import Settings
from agents.harness import Ask, Brief, Choice, FindingDraft, Investigation, Reproduction
from agents.harness.llm.answers import Fact, Investigated, Question
from agents.harness.llm.desk import Desk, Refusal
from agents.harness.llm.show import shown
from agents.harness.llm.think import Job, Thinker, think
from agents.harness.llm.tools import WORKING, text_of
from agents.harness.search.codemap import CodeMap
from agents.harness.search.investigate import contract
from agents.harness.search.reproduce.run import argv, command
from agents.harness.turn import undecided
from agents.models import Verdict
from agents.sandbox import SandboxError, Source

_RUN = 120.0  # seconds for the test
_FAILED = 1  # pytest's exit code when tests ran and failed; other codes: it did not get that far


async def investigate(settings: Settings, brief: Brief, think: Thinker = think) -> Investigation:
    """Have the model look at a report, or whatever `think` asks.

    Raises:
        Unavailable: the model cannot be asked.
        SandboxError: there is no sandbox.
    """
    told = await think(
        settings,
        Job(
            "investigate", brief, brief.tree, brief.base_sha, lambda nonce: shown(brief, nonce), Investigated, WORKING,
            _check, _taken,
        ),
    )  # fmt: skip
    found = told.taken or undecided(brief, told.why_not)
    return replace(found, usd=told.usd, tokens=told.tokens)


async def _check(desk: Desk, answer: Investigated) -> Investigated:
    tree = desk.brief.tree
    for fact in answer.findings:
        if fact.file is not None and not known(tree, fact.file):
            raise ModelRetry(f"There is no file {fact.file} in the project; name findings' files as `list_files` does.")
    if answer.verdict == "needs_input" and answer.question is None:
        raise ModelRetry("The verdict needs_input goes with a question for a person.")
    if answer.test_path and answer.test_path not in desk.written:
        raise ModelRetry(f"You wrote no file {answer.test_path}; name the test you wrote, or leave test_path empty.")
    return answer


async def _taken(desk: Desk, answer: Investigated) -> Investigation:
    brief = desk.brief
    findings = tuple(_finding(desk, fact) for fact in answer.findings)
    verdict = Verdict(answer.verdict)
    reproduction = await _reproduced(desk, answer, findings)
    declared = contract(brief) if verdict in (Verdict.ACTIONABLE, Verdict.NEEDS_INPUT) else None
    return Investigation(
        summary=answer.summary,
        findings=findings,
        verdict=verdict,
        verdict_reason=answer.verdict_reason,
        priority=answer.priority,
        priority_reason=answer.priority_reason,
        contract=replace(declared, min_effect=answer.remaining or declared.min_effect) if declared else None,
        reproduction=reproduction,
        question=ask(answer.question) if verdict is Verdict.NEEDS_INPUT else None,
    )


def _finding(desk: Desk, fact: Fact) -> FindingDraft:
    """The fact; a model's word that it is verified counts only for a file that it read."""
    verified = fact.verified and (fact.file is None or fact.file in desk.opened)
    return FindingDraft(fact.text, verified, fact.is_cause, fact.file, fact.function, fact.line)


def ask(question: Question | None) -> Ask | None:
    """The question as the loop asks it."""
    if question is None:
        return None
    return Ask(question.text, tuple(Choice(each.label, each.detail, each.example) for each in question.choices))


def known(tree: Path, path: str) -> bool:
    """Whether a path names a regular file of the tree."""
    file = tree / path
    return ".." not in Path(path).parts and not Path(path).is_absolute() and file.is_file() and not file.is_symlink()


async def _reproduced(desk: Desk, answer: Investigated, findings: tuple[FindingDraft, ...]) -> Reproduction:
    """The model's test, run in a fresh sandbox of the base."""
    brief = desk.brief
    place = _place(brief, findings)
    if not answer.test_path:
        return replace(place, why_not="the model wrote no test that fails")
    try:
        source = await text_of(desk, answer.test_path)
    except Refusal as error:
        return replace(place, why_not=str(error))
    code = CodeMap(brief.tree)
    line = command(code, answer.test_path)
    async with await brief.sandboxes.open(Source(brief.tree, label=f"report-{brief.report_id}-reproduce")) as sandbox:
        try:
            await sandbox.write({answer.test_path: source.encode()})
        except SandboxError as error:
            return replace(place, why_not=str(error))
        result = await sandbox.run(argv(line, sandbox), timeout=_RUN)
    exception = brief.occurrences[0].exception if brief.occurrences else ""
    why = ""
    if result.exit != _FAILED:
        why = "the model's test passes" if result.ok else "the model's test cannot be run"
    elif exception not in result.log:
        why = f"the model's test fails, but not with {exception}"
    await brief.transcript.step(
        "command", f"reproduce: {answer.test_path}", result.log, ok=not why, seconds=result.seconds
    )
    made = replace(place, exception=exception, log=result.log, why_not=why)
    if why:
        return made
    return replace(made, confirmed=True, test_path=answer.test_path, test_source=source, test_command=line,
                   call=answer.test_path)  # fmt: skip


def _place(brief: Brief, findings: tuple[FindingDraft, ...]) -> Reproduction:
    """Where it fails: the innermost frame of ours, else the cause that was found."""
    own = [frame for each in brief.occurrences[:1] for frame in each.frames if frame.path]
    if own:
        return Reproduction(False, file=own[-1].path or "", function=own[-1].function, line=own[-1].line)
    cause = next((each for each in findings if each.is_cause and each.file), None)
    if cause is None:
        return Reproduction(False)
    return Reproduction(False, file=cause.file or "", function=cause.function or "", line=cause.line or 0)
