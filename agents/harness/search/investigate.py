"""Investigating without a model: where it breaks, which value broke it, who wrote it, and does it still."""

from __future__ import annotations

import re

from agents.harness import (
    Ask,
    Brief,
    Choice,
    ContractDraft,
    FindingDraft,
    Frame,
    Investigation,
    Reproduction,
)
from agents.harness.search.cause import at_origin, cause
from agents.harness.search.codemap import CodeMap, code_of
from agents.harness.search.handled import answered
from agents.harness.search.outside import outside
from agents.harness.search.priority import prioritise
from agents.harness.search.reproduce.run import reproduce
from agents.models import Verdict
from agents.repository import Blamed, Commit, GitError, Repository

_MECHANICAL = re.compile(r"(?i)\b(reformat|format(ting)?|lint|black|ruff|isort|prettier|whitespace|typo|rename|move)\b")
_MANY_FILES = 50


async def investigate(brief: Brief) -> Investigation:
    """Look at a report: cause, reproduction, priority, verdict, and what would be measured."""
    code = code_of(brief)
    priority, priority_reason = prioritise(brief)
    base = {"priority": priority, "priority_reason": priority_reason}
    if not brief.occurrences:
        return _without_stack(brief, base)
    first = brief.occurrences[0]
    crash = _crash_frame(first.frames)
    findings: list[FindingDraft] = []
    if crash is not None:
        findings.append(cause(brief, code, crash))
    for verdict, reason in _not_ours(brief, code, crash):
        findings = [FindingDraft(**{**vars(f), "is_cause": False}) for f in findings]
        await brief.transcript.step("note", reason, ok=None)
        summary = f"{brief.title}. {reason}"
        return Investigation(summary, tuple(findings), verdict, reason, contract=contract(brief), **base)  # type: ignore[arg-type]
    assert crash is not None
    blamed, history = await _history(brief, crash)
    findings += history
    reproduction = await reproduce(brief, code)
    findings.append(_reproduced(reproduction))
    findings = at_origin(brief, code, findings, reproduction)
    addressed = await _addressed(brief, crash, reproduction)
    verdict = Verdict.ALREADY_ADDRESSED if addressed else Verdict.ACTIONABLE
    reason = addressed or _why_actionable(brief, crash, reproduction)
    if crash.path in brief.open_changes:
        findings.append(FindingDraft(f"Another open change touches {crash.path} too.", True, file=crash.path))
    return Investigation(
        summary=_summary(brief, crash, findings[0], blamed),
        findings=tuple(findings),
        verdict=verdict,
        verdict_reason=reason,
        priority=priority,
        priority_reason=priority_reason,
        contract=contract(brief),
        reproduction=reproduction,
        reviewers=(blamed.author,) if blamed else (),
    )


def _without_stack(brief: Brief, base: dict[str, object]) -> Investigation:
    text = brief.texts[0].split("\n", 1) if brief.texts else [brief.title]
    if any(level in brief.numbers.levels for level in ("warning", "info", "debug")) and not {
        "error", "fatal",
    } & set(brief.numbers.levels):  # fmt: skip
        reason = "Nothing failed: every signal is logged as a warning or less, and none has a stack trace."
        return Investigation(f"{brief.title}. {reason}", (), Verdict.NOT_ACTIONABLE, reason, **base)  # type: ignore[arg-type]
    question = Ask(
        text=f"“{text[0][:200]}” came without a stack trace. What should change in the code, if anything?",
        choices=(
            Choice("Not a defect", "Nothing in the code needs to change."),
            Choice("Needs work by hand", "It is real; a person takes it from here."),
        ),
    )
    reason = "There is no stack trace, so the code at fault is not known without a person or a model."
    return Investigation(
        f"{brief.title}. {reason}",
        (),
        Verdict.NEEDS_INPUT,
        reason,
        question=question,
        contract=contract(brief),
        **base,  # type: ignore[arg-type]
    )


def _crash_frame(frames: tuple[Frame, ...]) -> Frame | None:
    own = [frame for frame in frames if frame.path]
    return own[-1] if own else None


def _not_ours(brief: Brief, code: CodeMap, crash: Frame | None) -> list[tuple[Verdict, str]]:
    """Why there is no code of ours to change: at most one verdict."""
    first = brief.occurrences[0]
    if (what := outside(first)) is not None:
        at = f", reached at {crash.path}:{crash.line}" if crash else ""
        return [(Verdict.NOT_ACTIONABLE, f"Not in this code: {what}{at}. It ends when that service is well again.")]
    levels = set(brief.numbers.levels)
    if levels and not levels & {"error", "fatal"}:
        at = f" at {crash.path}:{crash.line}" if crash else ""
        reason = f"It is handled and logged as a {max(levels)}{at} by intent; no request failed for a user."
        return [(Verdict.NOT_ACTIONABLE, reason)]
    if crash is None:
        return [(Verdict.NOT_ACTIONABLE, "No frame of the stack is a file of this repository.")]
    if (said := answered(code, brief)) is not None:
        return [(Verdict.NOT_ACTIONABLE, said)]
    return []


async def _history(brief: Brief, crash: Frame) -> tuple[Blamed | None, list[FindingDraft]]:
    """Who wrote the crashing line, mechanical commits passed over."""
    repository = Repository(brief.repo)
    at = brief.release_sha or brief.base_sha
    try:
        (blamed,) = await repository.blame(at, crash.path or "", crash.line, crash.line)
        if await _mechanical(repository, blamed):
            earlier = await repository.log(f"{blamed.sha}^", crash.path or "", limit=1)
            if earlier:
                blamed = _as_blamed(earlier[0], blamed)
    except (GitError, ValueError):
        return None, []
    text = f"The line was written in {blamed.sha[:9]} ({blamed.summary[:100]}) by {blamed.author}."
    await brief.transcript.step("read", f"blame {crash.path}:{crash.line}", text)
    finding = FindingDraft(
        text, True, file=crash.path, function=crash.function.rsplit(".", 1)[-1], line=crash.line, commit=blamed.sha
    )
    return blamed, [finding]


def _as_blamed(commit: Commit, blamed: Blamed) -> Blamed:
    return Blamed(commit.sha, commit.author, "", commit.at, commit.summary, blamed.line)


async def _mechanical(repository: Repository, blamed: Blamed) -> bool:
    if _MECHANICAL.search(blamed.summary):
        return True
    try:
        touched = await repository.git("diff-tree", "--no-commit-id", "--name-only", "-r", "--root", blamed.sha)
    except GitError:
        return False
    return len(touched.splitlines()) > _MANY_FILES


def _reproduced(found: Reproduction) -> FindingDraft:
    if found.confirmed:
        text = f"{found.call} fails in the sandbox with the same {found.exception} at the same place."
        return FindingDraft(text, True, file=found.file, line=found.line, evidence=found.log)
    return FindingDraft(f"It could not be reproduced: {found.why_not}.", False)


async def _addressed(brief: Brief, crash: Frame, found: Reproduction) -> str:
    """The commit after the release that settled it, as a sentence; "" when none did."""
    if found.confirmed or brief.release_sha in (None, brief.base_sha) or "did not fail" not in found.why_not:
        return ""
    later = await Repository(brief.repo).log(f"{brief.release_sha}..{brief.base_sha}", crash.path or "", limit=5)
    if not later:
        return ""
    newest = later[0]
    which = f"{newest.sha[:9]} ({newest.summary[:100]})"
    return f"The same call no longer fails: {which} changed {crash.path} after the release these errors come from."


def _why_actionable(brief: Brief, crash: Frame, found: Reproduction) -> str:
    place = f"{crash.path}:{crash.line}"
    if found.confirmed:
        return f"The failure is in this repository at {place} and happens again in the sandbox."
    return f"The failure is in this repository at {place}; it could not be reproduced ({found.why_not})."


def _summary(brief: Brief, crash: Frame, cause: FindingDraft, blamed: Blamed | None) -> str:
    """What happens, where and since when; how many are touched grows on, so the screen says that."""
    when = brief.numbers.first_seen.strftime("%a %d %b %H:%M UTC")
    wrote = f", written in {blamed.sha[:9]}" if blamed else ""
    return f"{cause.text} {crash.path}:{crash.line}{wrote}. First seen {when}."


def contract(brief: Brief) -> ContractDraft:
    """What a change should move: signals of this report over its traffic, down by half or more."""
    numbers = brief.numbers
    return ContractDraft(
        metric="signals of this report",
        denominator=numbers.exposure_name or "hours",
        direction="down",
        min_effect=0.5,
        baseline={
            "events": numbers.signals,
            "exposure": numbers.exposure,
            "since": numbers.first_seen.isoformat(),
            "until": numbers.last_seen.isoformat(),
        },
    )
