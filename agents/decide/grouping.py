"""Which signals belong together: join, split, and what is held in quarantine."""

from __future__ import annotations

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from agents.decide.moving import draw, pour, take_out
from agents.decide.shared import Verb, move_to, the_report
from agents.models import JournalEntry, Json, Report, Signal, SignalState, Status
from agents.refusal import Refused
from agents.rights import why_not
from agents.services import Services
from agents.store import journal, turning
from agents.store.links import link
from agents.store.transitions import move


async def _join(session: AsyncSession, who: str, report_id: int, into: int) -> str:
    """Put a report's signals into another report: one change settles both."""
    if report_id == into:
        raise Refused("A report cannot be joined into itself.")
    target = await the_report(session, into)
    report = await the_report(session, report_id, "join")
    with session.no_autoflush:
        moved = await pour(session, report, target)
        report.merged_into = into
        session.add(report)
        await link(session, report_id, into, "joined", f"joined by {who}")
        await turning.stop_runs(session, report_id, f"joined by {who}")
        await move_to(session, report, Status.MERGED_INTO, who, f"joined into {into}", "join", moved)
    return f"Joined report {report_id} into {into}."


join = Verb(_join)


async def _split(session: AsyncSession, who: str, report_id: int, signals: list[int]) -> str:
    """Take signals out of a report into a new one."""
    report = await the_report(session, report_id, "split")
    wanted = select(Signal).where(Signal.report_id == report_id, col(Signal.id).in_(signals))
    taken = list((await session.exec(wanted)).all())
    missing = set(signals) - {signal.id for signal in taken}
    if missing or not signals:
        raise Refused(f"Report {report_id} has no signal {', '.join(map(str, sorted(missing)))}.".replace(" .", "."))
    if len(taken) >= report.signal_count:
        raise Refused("That would leave nothing in the report; split off fewer signals.")
    made = Report(title=taken[0].title, kind=taken[0].kind)
    session.add(made)
    await session.flush()
    assert made.id is not None
    with session.no_autoflush:
        moved = await take_out(session, report, made, taken)
        await link(session, made.id, report_id, "split", f"split by {who}")
        why = f"{len(taken)} signals into report {made.id}"
        await journal.record(session, who, "split", report_id=report_id, why=why, undoable=True, moved=moved)
        await move(session, made, Status.QUEUED, who=who, why=f"split from {report_id}", action="split off")
    return f"Split {len(taken)} signals of report {report_id} into report {made.id}."


split = Verb(_split)


# Taking back: joining and splitting are each other's undo. A report that a split made is never deleted, because its
# number may be known elsewhere; it is joined into the one it came from.


async def _ends(session: AsyncSession, last: JournalEntry) -> tuple[Report, Report, list[Json]]:
    """Of the last of a chain: the report that has the signals now, the one that had them, and what moved."""
    moved = [change for change in last.changes if "keys" in change]
    return (
        await session.get_one(Report, moved[0]["after"]), await session.get_one(Report, moved[0]["before"]), moved,
    )  # fmt: skip


def _draws(root: JournalEntry, last: JournalEntry) -> bool:
    """Whether reversing `last` parts two reports (else it joins them)."""
    joined = last.action in (root.action, "redo")
    return joined == (root.action == "join")


async def obstacle(session: AsyncSession, root: JournalEntry, last: JournalEntry) -> str:
    """Why a join or split cannot be turned now; "" when it can."""
    has, had, _ = await _ends(session, last)
    if _draws(root, last):
        if had.status is not Status.MERGED_INTO or had.merged_into != has.id:
            return f"“{root.action}”: report {had.id} is no longer part of {has.id}; see `loop log {had.id}`."
        if why := why_not("split", has.model_dump()):
            return f"“{root.action}”: {why}"
        return ""
    for entry in await turning.newer(session, last, {has.id or 0}):
        if entry.undoable and entry.id != root.id:
            return (
                f"“{root.action}”: report {has.id} was changed since by {entry.who} (“{entry.action}”, entry "
                f"{entry.id}); take that back first."
            )
    for report in (has, had):
        if why := why_not("join" if report is has else "split", report.model_dump()):
            return f"“{root.action}”: {why}"
    return ""


async def turn_back(session: AsyncSession, root: JournalEntry, last: JournalEntry) -> list[Json]:
    """Join or part two reports again; returns what moved."""
    has, had, moved = await _ends(session, last)
    with session.no_autoflush:
        if not _draws(root, last):
            back = await pour(session, has, had)
            before = {"status": "merged_into", "status_reason": f"joined into {had.id}", "merged_into": had.id}
            await turning.put_back(session, has, {**before, "declined_as": ""})
            await turning.reverse(session, last, {"link"})
            return back
        back = await draw(session, has, had, moved)
        for change in last.changes:
            if change.get("key") == [had.id] and change["table"] == "report" and change["before"]:
                columns = ("status", "status_reason", "merged_into", "declined_as")
                values = {name: value for name, value in change["before"].items() if name in columns}
                await turning.put_back(session, had, values)
        await turning.reverse(session, last, {"link"})
        return back


async def quarantine(services: Services, who: str, action: str, signals: list[int]) -> str:
    """Release held signals, so that they are grouped next, or drop them for good."""
    to = SignalState.NEW if action == "release" else SignalState.DROPPED
    async with services.store.write() as session:
        held = select(Signal).where(col(Signal.id).in_(signals), Signal.state == SignalState.QUARANTINED)
        found = (await session.exec(held)).all()
        if not found:
            raise Refused("None of these signals is held; `loop quarantine` lists those that are.")
        for signal in found:
            signal.state, signal.state_reason = to, f"{action} by {who}"
            if action == "release":
                signal.entities = {**signal.entities, "released": True}
            session.add(signal)
        await journal.record(session, who, f"quarantine {action}", report_id=None, why=f"{len(found)} signals")
    if action == "release":
        from agents.group.stage import group_new

        await group_new(services)
    return f"{'Released' if action == 'release' else 'Dropped'} {len(found)} signals."
