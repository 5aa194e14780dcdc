"""Merging a change, and finishing what a killed process left half merged."""

from __future__ import annotations

from sqlmodel import select

from agents.decide.shared import the_change, the_report
from agents.models import Change, Status, now
from agents.refusal import Refused
from agents.repository import GitError
from agents.services import Services
from agents.ship import ForgeError
from agents.store import journal
from agents.store.transitions import move


async def merge(services: Services, who: str, report_id: int, head: str = "") -> str:
    """Merge the change of a report into its base.

    The change is marked `merging` first, so that a process killed at any later point leaves a mark by which
    `settle` finishes or takes back the merge.

    Args:
        services: the project.
        who: the person merging.
        report_id: the report.
        head: the head that was reviewed, or a prefix of at least 7 characters; empty: the one on record.
    """
    async with services.store.write() as session:
        report = await the_report(session, report_id)
        change = await the_change(session, report_id)
        if change.state == "merged":
            return f"Report {report_id} was merged already, as {(change.merged_sha or '')[:9]}."
        if report.status is not Status.REVIEW or change.state not in ("open", "merging"):
            raise Refused(f"Report {report_id} is {report.status.value}, not ready to merge.")
        if head and (len(head) < 7 or not change.head_sha.startswith(head)):
            raise Refused(
                f"The change is at {change.head_sha[:9]}, not at {head}: it moved since you looked. "
                f"Read it again with `loop diff {report_id}`."
            )
        if change.state == "open":
            change.state = "merging"
            change.merged_at = now().replace(microsecond=0)
            change.merged_by = who
            session.add(change)
            await journal.record(session, who, "merging", report_id=report_id, why=f"head {change.head_sha[:9]}")
    try:
        return await _finish_merge(services, change, who)
    except (ForgeError, GitError) as error:
        await _take_back(services, report_id, who, str(error))
        raise Refused(str(error)) from error


async def _finish_merge(services: Services, change: Change, who: str) -> str:
    sha = await services.forge.merge(
        branch=change.branch, base=change.base, base_sha=change.base_sha, head_sha=change.head_sha,
        message=_merge_message(change), who=who, at=change.merged_at or now(),
    )  # fmt: skip
    async with services.store.write() as session:
        report = await the_report(session, change.report_id)
        kept = await the_change(session, change.report_id)
        if kept.state != "merged":
            kept.state, kept.merged_sha = "merged", sha
            session.add(kept)
            hint = f"git revert -m 1 {sha[:12]}"
            await move(session, report, Status.SHIPPED, who=who, why=f"merged as {sha[:9]}", action="merge")
            await journal.record(session, who, "merged", report_id=report.id, why=sha, undo_hint=hint)
    await services.forge.close(branch=change.branch, head_sha=change.head_sha)
    return f"Merged {change.head_sha[:9]} into {change.base} as {sha[:9]}; measuring starts when it is live."


def _merge_message(change: Change) -> str:
    title = " ".join(change.title.split())
    return f"Merge: {title}\n\nReviewed-head: {change.head_sha}\nLoop-Report: {change.report_id}\n"


async def _take_back(services: Services, report_id: int, who: str, why: str) -> None:
    async with services.store.write() as session:
        change = await the_change(session, report_id)
        if change.state == "merging":
            change.state, change.merged_at, change.merged_by = "open", None, None
            session.add(change)
            await journal.record(session, who, "merge refused", report_id=report_id, why=why)


async def settle(services: Services) -> list[int]:
    """Finish or take back the merges that a killed process left half done; returns their reports."""
    async with services.store.read() as session:
        half = (await session.exec(select(Change).where(Change.state == "merging"))).all()
    for change in half:
        who = change.merged_by or "loop"
        try:
            await _finish_merge(services, change, who)
        except (ForgeError, GitError) as error:
            await _take_back(services, change.report_id, who, str(error))
    return [change.report_id for change in half]
