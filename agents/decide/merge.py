"""Merging a change, taking a merge back, and finishing what a killed process left half done."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from agents.decide.shared import the_change, the_report
from agents.models import Change, JournalEntry, Link, Report, Status, now
from agents.refusal import Refused
from agents.repository import GitError
from agents.services import Services
from agents.ship import ForgeError, Unfinished
from agents.store import journal, turning
from agents.store.transitions import MOVES, move

Done = Callable[[AsyncSession], Awaitable[None]]


async def merge(services: Services, who: str, report_id: int, head: str = "", method: str = "merge") -> str:
    """Merge the change of a report into its base.

    The change is marked `merging` first, so that a process killed at any later point leaves a mark by which
    `settle` finishes or takes back the merge.

    Args:
        services: the project.
        who: the person merging.
        report_id: the report.
        head: the head that was reviewed, or a prefix of at least 7 characters; empty: the one on record.
        method: merge, squash or rebase.
    """
    if method not in services.forge.methods:
        raise Refused(f"{method!r} is no way to merge here; choose {', '.join(services.forge.methods)}.")
    async with services.store.write() as session:
        await the_report(session, report_id)
        change = await the_change(session, report_id)
        if change.state == "merged":
            return f"Report {report_id} was merged already, as {(change.merged_sha or '')[:9]}."
        await the_report(session, report_id, "merge", who)
        if head and (len(head) < 7 or not change.head_sha.startswith(head)):
            raise Refused(
                f"The change is at {change.head_sha[:9]}, not at {head}: it moved since you looked. "
                f"Read it again with `loop diff {report_id}`."
            )
        if change.state == "open":
            change.state, change.merge_method = "merging", method
            change.merged_at = now().replace(microsecond=0)
            change.merged_by = who
            session.add(change)
            why = f"{method} of head {change.head_sha[:9]}"
            await journal.record(session, who, "merging", report_id=report_id, why=why)
    try:
        return await _finish_merge(services, change, who)
    except Unfinished as error:  # the base has it: the mark stays, and merging again finishes
        raise Refused(str(error)) from error
    except (ForgeError, GitError) as error:
        await _call_off(services, change, who, str(error))
        raise Refused(str(error)) from error


async def _finish_merge(services: Services, change: Change, who: str) -> str:
    sha = await services.forge.merge(
        branch=change.branch, base=change.base, base_sha=change.base_sha, head_sha=change.head_sha,
        message=_message(change), who=who, at=change.merged_at or now(), method=change.merge_method or "merge",
    )  # fmt: skip
    async with services.store.write() as session:
        report = await the_report(session, change.report_id)
        kept = await the_change(session, change.report_id)
        if kept.state != "merged":
            kept.state, kept.merged_sha = "merged", sha
            session.add(kept)
            why = f"merged as {sha[:9]}"
            await move(session, report, Status.SHIPPED, who=who, why=why, action="merge", undoable=True)
            hint = f"loop undo, while nothing is built on it; else loop revert {report.id}"
            await journal.record(session, who, "merged", report_id=report.id, why=sha, undo_hint=hint)
            await _reverted(session, report, who)
    await services.forge.close(branch=change.branch, head_sha=change.head_sha)
    return f"Merged {change.head_sha[:9]} into {change.base} as {sha[:9]}; measuring starts when it is live."


def _message(change: Change) -> str:
    title = " ".join(change.title.split())
    trailers = f"Reviewed-head: {change.head_sha}\nLoop-Report: {change.report_id}\n"
    if change.merge_method == "squash":
        return f"{title}\n\n{change.description.strip()}\n\n{trailers}"
    return f"Merge: {title}\n\n{trailers}"


async def _call_off(services: Services, change: Change, who: str, why: str) -> None:
    async with services.store.write() as session:
        kept = await the_change(session, change.report_id)
        if kept.state == "merging":
            _not_merged(kept)
            session.add(kept)
            await journal.record(session, who, "merge refused", report_id=change.report_id, why=why)


def _not_merged(change: Change) -> None:
    change.state, change.merge_method, change.merged_sha = "open", "", None
    change.merged_at = change.merged_by = change.live_at = None


async def _reverted(session: AsyncSession, report: Report, who: str) -> None:
    """Where `report` reverts another report's change: that one is out of the base, and waits for a decision."""
    for original, change in await _taken_out_by(session, report, "merged"):
        change.state = "reverted"
        session.add(change)
        why = f"its change was taken out again by report {report.id}; retry it for another one, or decline it"
        if original.status in (Status.SHIPPED, Status.MEASURED):
            await move(session, original, Status.FAILED, who=who, why=why, action="reverted")


async def _taken_out_by(session: AsyncSession, report: Report, state: str) -> list[tuple[Report, Change]]:
    links = select(Link.other_id).where(Link.report_id == report.id, Link.kind == "reverts")
    both = select(Report, Change).join(Change).where(col(Report.id).in_(links), Change.state == state)
    return list((await session.exec(both)).all())


async def _nothing_to_revert(session: AsyncSession, report: Report, who: str) -> None:
    """Where another report is to revert this one's change, which is out of the base by now: it has nothing to do."""
    links = select(Link.report_id).where(Link.other_id == report.id, Link.kind == "reverts")
    for other in (await session.exec(select(Report).where(col(Report.id).in_(links)))).all():
        if Status.DECLINED in MOVES[other.status]:
            await turning.stop_runs(session, other.id or 0, "nothing to revert")
            why = f"the merge of report {report.id}, which it was to revert, was taken back"
            await move(session, other, Status.DECLINED, who=who, why=why, action="decline")


async def unmerge(services: Services, who: str, report_id: int, done: Done | None = None) -> str:
    """Take back a merge: the base goes to where it was, the change waits for review again.

    Only while the base ends in that merge, and no other branch, remote or tag has it. The change is marked
    `unmerging` first, for `settle`.

    Args:
        services: the project.
        who: the person.
        report_id: the report.
        done: awaited in the transaction that finishes it, to mark the journal entry; None marks it here.
    """
    async with services.store.read() as session:
        change = await the_change(session, report_id)
    if change.state == "merged" and (why := await why_not_unmerge(services, change)):
        raise Refused(_instead(report_id, why))
    async with services.store.write() as session:
        report = await the_report(session, report_id)
        change = await the_change(session, report_id)
        if change.state not in ("merged", "unmerging"):
            raise Refused(f"Report {report_id} has no merge to take back; its change is {change.state}.")
        if change.state == "merged":
            if report.status is not Status.SHIPPED:
                raise Refused(_instead(report_id, f"Report {report_id} is {report.status.value} already."))
            change.state = "unmerging"
            session.add(change)
            why = f"{change.base} back from {(change.merged_sha or '')[:9]}"
            await journal.record(session, who, "unmerging", report_id=report_id, why=why)
    try:
        return await _finish_unmerge(services, change, who, done)
    except Unfinished as error:
        raise Refused(str(error)) from error
    except (ForgeError, GitError) as error:
        await _stay_merged(services, change, who, str(error))
        raise Refused(_instead(report_id, str(error))) from error


async def undo_merge(services: Services, who: str, entry: JournalEntry, done: Done) -> str:
    """`unmerge` of the merge that a journal entry tells of."""
    return await unmerge(services, who, entry.report_id or 0, done)


async def merge_stands(services: Services, entry: JournalEntry) -> str:
    """Why the merge that a journal entry tells of cannot be taken back, as git has it; "" when it can."""
    async with services.store.read() as session:
        change = await the_change(session, entry.report_id or 0)
    return _instead(change.report_id, why) if (why := await why_not_unmerge(services, change)) else ""


async def why_not_unmerge(services: Services, change: Change) -> str:
    """Why a merge cannot be taken back by moving the base, as a sentence; "" when it can."""
    try:
        return await services.forge.why_not_unmerge(
            base=change.base, branch=change.branch, merged_sha=change.merged_sha or ""
        )
    except (ForgeError, GitError) as error:
        return str(error)


def _instead(report_id: int, why: str) -> str:
    return f"{why} `loop revert {report_id}` makes a change that takes it back."


async def _finish_unmerge(services: Services, change: Change, who: str, done: Done | None = None) -> str:
    tip = await services.forge.unmerge(
        base=change.base, base_sha=change.base_sha, branch=change.branch, head_sha=change.head_sha,
        merged_sha=change.merged_sha or "",
    )  # fmt: skip
    async with services.store.write() as session:
        report = await the_report(session, change.report_id)
        kept = await the_change(session, change.report_id)
        if kept.state == "unmerging":
            why = f"the merge {(kept.merged_sha or '')[:9]} was taken back"
            _not_merged(kept)
            session.add(kept)
            for original, theirs in await _taken_out_by(session, report, "reverted"):
                theirs.state = "merged"
                session.add(theirs)
                if original.status is Status.FAILED:
                    again = f"its change is in again: the merge of report {report.id} was taken back"
                    await move(session, original, Status.SHIPPED, who=who, why=again, action="merge stands")
            if report.status is Status.SHIPPED:
                await move(session, report, Status.REVIEW, who=who, why=why, action="unmerge")
            await _nothing_to_revert(session, report, who)
            await (done(session) if done is not None else _mark_undone(session, change.report_id))
    where = f"{change.base} is at {tip[:9]}"
    return f"Took back the merge of report {change.report_id}: {where}, and the change waits for review again."


async def _mark_undone(session: AsyncSession, report_id: int) -> None:
    merges = select(JournalEntry).where(
        JournalEntry.report_id == report_id, JournalEntry.action == "merge", col(JournalEntry.undone).is_(False)
    )
    for entry in (await session.exec(merges)).all():
        entry.undone = True
        session.add(entry)


async def _stay_merged(services: Services, change: Change, who: str, why: str) -> None:
    async with services.store.write() as session:
        kept = await the_change(session, change.report_id)
        if kept.state == "unmerging":
            kept.state = "merged"
            session.add(kept)
            await journal.record(session, who, "unmerge refused", report_id=change.report_id, why=why)
    await services.forge.close(branch=change.branch, head_sha=change.head_sha)


async def settle(services: Services) -> list[int]:
    """Finish or call off what a killed process left half merged or half taken back; returns the reports."""
    async with services.store.read() as session:
        wanted = select(Change).where(col(Change.state).in_(("merging", "unmerging")))
        half = (await session.exec(wanted)).all()
    for change in half:
        who = change.merged_by or "loop"
        merging = change.state == "merging"
        finish, give_up = (_finish_merge, _call_off) if merging else (_finish_unmerge, _stay_merged)
        try:
            await finish(services, change, who)
        except Unfinished:
            continue
        except (ForgeError, GitError) as error:
            await give_up(services, change, who, str(error))
    return [change.report_id for change in half]
