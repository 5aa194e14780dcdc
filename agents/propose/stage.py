"""The stage: search, assess, publish. Each part looks first what is there, so it may run twice."""

from __future__ import annotations

import shutil
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from sqlmodel import col, delete, select
from sqlmodel.ext.asyncio.session import AsyncSession

from agents.brief import make_brief
from agents.harness import Brief, Proposal
from agents.models import (
    Change,
    Check,
    Contract,
    Question,
    Report,
    ReviewComment,
    Severity,
    Status,
)
from agents.propose.assess import Assessed
from agents.propose.attempt import Attempt, assessed, files_of, mended, unproved
from agents.propose.candidates import best
from agents.propose.describe import describe, slug
from agents.propose.elsewhere import prepared
from agents.propose.policy import oversized, violation
from agents.propose.replies import reply
from agents.propose.revert import revert_of, reverts
from agents.repository import GitError
from agents.review import versions
from agents.sandbox import SandboxError
from agents.services import Services
from agents.ship import ForgeError
from agents.store.transitions import move
from agents.text import one_line
from agents.transcript import StoreTranscript


async def propose(services: Services, report_id: int, round: int) -> None:
    """Build the change of a report that is in `proposing`, in this round.

    Raises:
        SandboxError: no sandbox works.
        GitError: the repository cannot be read.
    """
    if not await _stands(services, report_id, round):
        return
    sandboxes = await services.sandboxes()
    harness = services.harness("propose")
    transcript = await StoreTranscript.open(services.store, report_id, "propose", round, harness.name, sandboxes.kind)
    folder = services.scratch(f"propose-{report_id}")
    try:
        repository = services.repository
        base = await repository.base_branch(services.settings.base)
        base_sha = await repository.git("rev-parse", base)
        tree = await repository.export(base_sha, folder / "base")
        brief = await make_brief(services, report_id, round, transcript, tree, base_sha)
        brief, elsewhere = await prepared(services, brief)
        if elsewhere:
            await transcript.finish("done")
            return
        brief = await _as_it_stands(services, brief)
        proposal = await _search(services, brief, folder)
        usd, tokens = await _go_on(services, brief, proposal, base, folder)
        await transcript.finish("done", usd=proposal.usd + usd, tokens=proposal.tokens + tokens)
    except (SandboxError, GitError, ForgeError) as error:
        await transcript.finish("failed", str(error))
        if isinstance(error, ForgeError):
            await _end(services, brief, Status.FAILED, str(error))
        else:
            raise
    finally:
        shutil.rmtree(folder, ignore_errors=True)


async def _stands(services: Services, report_id: int, round: int) -> bool:
    async with services.store.read() as session:
        report = await session.get(Report, report_id)
    return report is not None and report.status is Status.PROPOSING and report.round == round


async def _search(services: Services, brief: Brief, folder: Path) -> Proposal:
    """What the harness proposes; kept, so that a restart after the search does not search again."""
    async with services.store.read() as session:
        kept = (await session.exec(select(Change).where(Change.report_id == brief.report_id))).first()
    stored = (kept.patch or {}).get("proposal") if kept is not None and kept.round == brief.round else None
    if stored and kept is not None and kept.base_sha == brief.base_sha:
        return Proposal(**{**stored, "opened": tuple(stored["opened"]), "question": None})
    return await revert_of(services, brief) or await best(services, brief, folder)


async def _as_it_stands(services: Services, brief: Brief) -> Brief:
    """The brief with the change that a person asked to be changed, where the base is still the one it was made from."""
    async with services.store.read() as session:
        change = (await session.exec(select(Change).where(Change.report_id == brief.report_id))).first()
    stored = change.patch.get("proposal") if change is not None and change.state == "open" else None
    if not stored or change is None or change.base_sha != brief.base_sha:
        return brief
    return replace(brief, attempt=files_of(Proposal(**{**stored, "question": None})))


async def _go_on(services: Services, brief: Brief, proposal: Proposal, base: str, folder: Path) -> tuple[float, int]:
    """Ask, end or publish; the USD and tokens that this took."""
    if proposal.question is not None:
        await _ask(services, brief, proposal)
        return 0.0, 0
    if not proposal.files:
        await _nothing(services, brief, proposal.why_none or "No change was found.", dict(proposal.replies))
        return 0.0, 0
    if (why := violation(brief.tree, files_of(proposal))) is not None:
        await _end(services, brief, Status.FAILED, why)
        return 0.0, 0
    change = await _keep(services, brief, proposal, base)
    found = await assessed(services, brief, proposal, change, folder / "first")
    if why := unproved(brief, found):
        await _end(services, brief, Status.FAILED, why)
        return found.usd, found.tokens
    attempt, usd, tokens = await mended(services, brief, Attempt(proposal, found), change, folder)
    size = attempt.found.notes["budget"]
    why = oversized(size["used"], size["limit"])
    if why and not await reverts(services, brief.report_id):
        await _end(services, brief, Status.FAILED, why)
        return found.usd + usd, found.tokens + tokens
    if attempt.proposal is not proposal:
        change = await _keep(services, brief, attempt.proposal, base)
    await publish(services, brief, attempt.proposal, change, files_of(attempt.proposal), attempt.found)
    return found.usd + usd, found.tokens + tokens


async def _ask(services: Services, brief: Brief, proposal: Proposal) -> None:
    assert proposal.question is not None
    async with services.store.write() as session:
        report = await _still(session, brief)
        if report is not None:
            choices: list[dict[str, Any]] = [asdict(choice) for choice in proposal.question.choices]
            session.add(
                Question(report_id=brief.report_id, round=brief.round, text=proposal.question.text, choices=choices)
            )
            why = f"{len(choices)} ways to settle it" if choices else "a person's knowledge is needed"
            await move(session, report, Status.NEEDS_INPUT, who="loop", why=why)


async def _nothing(services: Services, brief: Brief, why: str, replies: dict[int, str]) -> None:
    """No patch: the report fails, or, where a change stands already, goes back to review with a plain answer."""
    async with services.store.write() as session:
        report = await _still(session, brief)
        change = (await session.exec(select(Change).where(Change.report_id == brief.report_id))).first()
        if report is None:
            return
        if change is not None and change.state == "open":
            said = f"The request could not be carried out; the change is as it was. {why}"
            session.add(
                ReviewComment(
                    change_id=change.id or 0, round=change.round, author="loop", severity=Severity.SHOULD_FIX, text=said
                )
            )
            reply(session, change.id or 0, change.round, brief.comments, replies, said)
            await move(session, report, Status.REVIEW, who="loop", why=said)
        else:
            await move(session, report, Status.FAILED, who="loop", why=why)


async def _end(services: Services, brief: Brief, to: Status, why: str) -> None:
    async with services.store.write() as session:
        report = await _still(session, brief)
        if report is not None:
            await move(session, report, to, who="loop", why=why)


async def _still(session: AsyncSession, brief: Brief) -> Report | None:
    """The report, if nobody decided otherwise in the meantime."""
    report = await session.get_one(Report, brief.report_id)
    return report if report.status is Status.PROPOSING and report.round == brief.round else None


async def _keep(services: Services, brief: Brief, proposal: Proposal, base: str) -> Change:
    """The change's row with the patch in it, made or brought up to this round."""
    stored = {**asdict(proposal), "opened": list(proposal.opened)}
    async with services.store.write() as session:
        change = (await session.exec(select(Change).where(Change.report_id == brief.report_id))).first()
        if change is None:
            name = f"loop/{brief.report_id}-{slug(proposal.title)}"
            change = Change(report_id=brief.report_id, branch=name, base=base, base_sha=brief.base_sha)
        if change.round != brief.round:
            change.patch = {**change.patch, "proposal": stored}
            change.round = brief.round
        else:
            change.patch = {"proposal": stored}
        if change.state != "open":
            change.state, change.base_sha, change.base = "building", brief.base_sha, base
        session.add(change)
    return change


async def publish(
    services: Services, brief: Brief, proposal: Proposal, change: Change, files: dict[str, str | None], found: Assessed
) -> None:
    """Make the branch, and put everything about the change into the store."""
    async with services.store.read() as session:
        report = await session.get_one(Report, brief.report_id)
        contract = await session.get(Contract, brief.report_id)
    body = describe(report, proposal, found.proof, found.checks, contract)
    title = one_line(proposal.title, 100)
    if change.head_sha:  # the branch is about to leave it
        await versions.keep(services.repository, brief.report_id, change.head_sha)
    published = await services.forge.publish(
        branch=change.branch, base=change.base, base_sha=brief.base_sha, files=files, title=title,
        body=f"{body}\n\nLoop-Report: {brief.report_id}", at=change.created_at, expect=change.head_sha,
    )  # fmt: skip
    await versions.keep(services.repository, brief.report_id, published.head_sha)
    rows = await services.repository.numstat(brief.base_sha, published.head_sha)
    async with services.store.write() as session:
        kept = await session.get_one(Change, change.id)
        assert kept.id is not None
        await versions.write_down(session, kept)
        await _replace_results(session, kept.id, brief.round, found, published.head_sha)
        now = f"The change is now {published.head_sha[:9]}: {one_line(proposal.change, 500)}"
        if published.head_sha == kept.head_sha:
            now = "The change is as it was: nothing else that holds is nearer to this."
        reply(session, kept.id, brief.round, brief.comments, {int(id): text for id, text in proposal.replies}, now)
        kept.title, kept.description, kept.url = proposal.title, body, published.url
        kept.head_sha, kept.base_sha, kept.state, kept.round = (
            published.head_sha, brief.base_sha, "open", brief.round,
        )  # fmt: skip
        kept.forge, kept.proof, kept.notes = services.forge.name, found.proof, found.notes
        kept.files = [{"path": path, "added": added, "removed": removed} for path, added, removed in rows]
        session.add(kept)
        await versions.write_down(session, kept)
        standing = await session.get_one(Report, brief.report_id)
        if standing.status is Status.PROPOSING and standing.round == brief.round:
            await move(session, standing, Status.REVIEW, who="loop", why=_ready(found))


def _ready(found: Assessed) -> str:
    proof = "proved red then green" if found.proof["proved"] else f"not proved ({found.proof['why_not']})"
    return f"a change is ready: {proof}, {', '.join(f'{c.name} {c.status}' for c in found.checks)}"


async def _replace_results(session: AsyncSession, change_id: int, round: int, found: Assessed, head: str) -> None:
    mine = (col(Check.change_id) == change_id, col(Check.round) == round)
    await session.exec(delete(Check).where(*mine))
    comments = (
        col(ReviewComment.change_id) == change_id, col(ReviewComment.round) == round,
        col(ReviewComment.by_person).is_(False),
    )  # fmt: skip
    await session.exec(delete(ReviewComment).where(*comments))
    session.add_all(Check(change_id=change_id, round=round, **asdict(check)) for check in found.checks)
    session.add_all(
        ReviewComment(
            change_id=change_id, round=round, author=remark.by or found.reviewer, severity=remark.severity,
            path=remark.path, line=remark.line, text=remark.text, head_sha=head,
        )
        for remark in found.remarks
    )  # fmt: skip
