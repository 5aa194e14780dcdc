"""What a person should know before merging: what would be merged, what is missing, what cannot be undone."""

from __future__ import annotations

from collections.abc import Sequence

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from agents.decide.shared import the_change, the_report
from agents.models import Change, Check, Json, Report, ReviewComment, Seen, Severity, Status
from agents.review import drafts
from agents.review.comments import reviews
from agents.services import Services
from agents.store.read import iso
from agents.text import counted, one_line


async def merge_plan(services: Services, who: str, report_id: int) -> Json:
    """The plan of a merge.

    Returns:
        {head, branch, base, base_sha, base_moved, proof, checks, reviews, missing, methods, cannot_undo}; `missing`
        and `cannot_undo` are sentences, `methods` names with the usual one first.
    """
    async with services.store.read() as session:
        report, change = await the_report(session, report_id), await the_change(session, report_id)
        mine = (Check.change_id == change.id, Check.round == change.round)
        checks = (await session.exec(select(Check).where(*mine).order_by(col(Check.id)))).all()
        sent = await reviews(session, change)
        said = await _said(session, change, who)
    tip = await services.repository.resolve(f"refs/heads/{change.base}") or ""
    moved = tip != change.base_sha
    missing = [*_stands(report, change, tip, moved=moved), *_shown(change, checks), *said]
    if not moved and change.state == "open":
        obstacle = await services.forge.obstacle(base=change.base, base_sha=change.base_sha, head_sha=change.head_sha)
        missing += [obstacle] if obstacle else []
    return {
        "head": change.head_sha, "branch": change.branch, "base": change.base, "base_sha": change.base_sha,
        "base_moved": moved, "proof": change.proof,
        "checks": [{"name": check.name, "status": check.status} for check in checks],
        "reviews": [
            {"who": r.who, "kind": r.kind, "text": r.text, "at": iso(r.at), "head": r.head_sha,
             "current": r.head_sha == change.head_sha} for r in sent
        ],
        "missing": missing, "methods": list(services.forge.methods),
        "cannot_undo": [
            f"Once something is built on it, or {change.base} is pushed or tagged, undo gives way to a revert change."
        ],
    }  # fmt: skip


def _stands(report: Report, change: Change, tip: str, *, moved: bool) -> list[str]:
    """What is wrong with where report and base stand."""
    if report.status is not Status.REVIEW or change.state not in ("open", "merging"):
        return [f"The report is {report.status.value} and its change {change.state}: there is nothing to merge now."]
    if moved:
        return [f"{change.base} moved to {tip[:9] or 'nothing'}; the change is proved again on it before it can go in."]
    return []


def _shown(change: Change, checks: Sequence[Check]) -> list[str]:
    """What was not shown of the change by proof and checks."""
    missing = []
    proof = change.proof or {}
    if not proof.get("proved"):
        missing.append(f"It is not proved: {one_line(proof.get('why_not') or 'there is no regression test', 200)}.")
    missing += [f"The check {one_line(check.name, 60)} {_WORDS.get(check.status, check.status)}." for check in checks
                if check.status != "passed"]  # fmt: skip
    return missing if checks else [*missing, "No check was run on it."]


_WORDS = {"failed": "failed", "error": "could not be run", "skipped": "was skipped"}


async def _said(session: AsyncSession, change: Change, who: str) -> list[str]:
    """What reviewers said and this person has not read or sent."""
    missing = []
    must = select(ReviewComment).where(
        ReviewComment.change_id == change.id, ReviewComment.round == change.round,
        ReviewComment.severity == Severity.MUST_FIX, col(ReviewComment.by_person).is_(False),
    )  # fmt: skip
    if count := len((await session.exec(must)).all()):
        missing.append(f"The review found {counted(count, 'thing')} that must be fixed.")
    row = await session.get(Seen, (change.report_id, who))
    if row is None or not row.head_sha:
        missing.append("You have not read its diff.")
    elif row.head_sha != change.head_sha:
        missing.append(f"It changed since you read it at {row.head_sha[:9]}.")
    if unsent := len(await drafts.of(session, who, change.report_id)):
        missing.append(f"{counted(unsent, 'comment')} of yours {'is' if unsent == 1 else 'are'} not sent.")
    return missing
