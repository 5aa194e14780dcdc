"""The stage: brief, harness, and what it said into the store in one transaction."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import replace

from sqlmodel import col, delete
from sqlmodel.ext.asyncio.session import AsyncSession

from agents.brief import make_brief
from agents.harness import Brief, FindingDraft, Investigation
from agents.models import Contract, Finding, Question, Report, Status, Verdict
from agents.prior import Work, addressed, keep, place_of, prior_work
from agents.repository import GitError
from agents.sandbox import SandboxError
from agents.services import Services
from agents.store.transitions import move
from agents.transcript import StoreTranscript

_NEXT = {
    Verdict.ACTIONABLE: Status.PROPOSING,
    Verdict.NEEDS_INPUT: Status.NEEDS_INPUT,
    Verdict.NOT_ACTIONABLE: Status.NOT_ACTIONABLE,
    Verdict.ALREADY_ADDRESSED: Status.NOT_ACTIONABLE,
}


async def investigate(services: Services, report_id: int, round: int) -> None:
    """Investigate a report that is queued, or whose investigation of this round was cut off.

    Raises:
        SandboxError: no sandbox works.
        GitError: the repository cannot be read.
    """
    if not await _begin(services, report_id, round):
        return
    sandboxes = await services.sandboxes()
    harness = services.harness("investigate")
    transcript = await StoreTranscript.open(
        services.store, report_id, "investigate", round, harness.name, sandboxes.kind
    )
    folder = services.scratch(f"investigate-{report_id}")
    try:
        repository = services.repository
        base_sha = await repository.git("rev-parse", await repository.base_branch(services.settings.base))
        tree = await repository.export(base_sha, folder / "tree")
        brief = await make_brief(services, report_id, round, transcript, tree, base_sha)
        work = await prior_work(services, brief)
        told = tuple(FindingDraft(each.text, True, file=each.place.file) for each in work)
        found = await harness.investigate(replace(brief, findings=(*brief.findings, *told)))
        found = await _compared(brief, found)
        await _settle(services, report_id, round, found, work)
        await transcript.finish("done", usd=found.usd, tokens=found.tokens)
    except (SandboxError, GitError) as error:
        await transcript.finish("failed", str(error))
        raise
    finally:
        shutil.rmtree(folder, ignore_errors=True)


async def _begin(services: Services, report_id: int, round: int) -> bool:
    async with services.store.write() as session:
        report = await session.get(Report, report_id)
        if report is None or report.round != round:
            return False
        if report.status is Status.QUEUED:
            await move(session, report, Status.INVESTIGATING, who="loop", why=f"round {round}")
        return report.status is Status.INVESTIGATING


async def _compared(brief: Brief, found: Investigation) -> Investigation:
    """The result with the base it is of; where an earlier round's failing call passes now, it is addressed."""
    old, new = brief.reproduction, found.reproduction
    if new.confirmed or found.verdict not in (Verdict.ACTIONABLE, Verdict.NEEDS_INPUT):
        return replace(found, reproduction=replace(new, base_sha=brief.base_sha))
    why = await addressed(brief, old, place_of(brief))
    if not why:
        return found
    return replace(found, verdict=Verdict.ALREADY_ADDRESSED, verdict_reason=why, reproduction=old, question=None)


async def _settle(services: Services, report_id: int, round: int, found: Investigation, work: Sequence[Work]) -> None:
    async with services.store.write() as session:
        report = await session.get_one(Report, report_id)
        if report.status is not Status.INVESTIGATING or report.round != round:
            return  # a person decided otherwise in the meantime
        await _keep(session, report, found)
        await keep(session, report_id, work)
        await move(session, report, _NEXT[found.verdict], who="loop", why=found.verdict_reason)


async def _keep(session: AsyncSession, report: Report, found: Investigation) -> None:
    assert report.id is not None
    await session.exec(delete(Finding).where(col(Finding.report_id) == report.id))
    for draft in found.findings:
        session.add(Finding(report_id=report.id, **vars(draft)))
    report.summary = found.summary
    report.verdict, report.verdict_reason = found.verdict, found.verdict_reason
    report.priority, report.priority_reason = found.priority, found.priority_reason
    report.reproduction = found.reproduction.as_json() if found.reproduction.file else {}
    if found.contract is not None:
        contract = await session.get(Contract, report.id) or Contract(report_id=report.id, metric="", denominator="")
        for name, value in vars(found.contract).items():
            setattr(contract, name, value)
        session.add(contract)
    if found.question is not None:
        choices = [vars(choice) for choice in found.question.choices]
        session.add(Question(report_id=report.id, round=report.round, text=found.question.text, choices=choices))
