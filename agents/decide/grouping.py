"""Which signals belong together: join, split, and what is held in quarantine."""

from __future__ import annotations

from sqlmodel import col, select

from agents.decide.shared import move_to, the_report
from agents.models import Report, ReportKey, ReportUser, Signal, SignalState, Status
from agents.refusal import Refused
from agents.services import Services
from agents.store import journal
from agents.store.transitions import move


async def join(services: Services, who: str, report_id: int, into: int) -> str:
    """Put a report's signals into another report: one change settles both."""
    if report_id == into:
        raise Refused("A report cannot be joined into itself.")
    async with services.store.write() as session:
        report, target = await the_report(session, report_id), await the_report(session, into)
        if report.status in (Status.SHIPPED, Status.MEASURED):
            raise Refused(f"Report {report_id} has shipped; its history stays its own.")
        for signal in (await session.exec(select(Signal).where(Signal.report_id == report_id))).all():
            signal.report_id = into
            session.add(signal)
        for key in (await session.exec(select(ReportKey).where(ReportKey.report_id == report_id))).all():
            key.report_id = into
            session.add(key)
        have = set((await session.exec(select(ReportUser.user_key).where(ReportUser.report_id == into))).all())
        theirs = (await session.exec(select(ReportUser.user_key).where(ReportUser.report_id == report_id))).all()
        session.add_all(ReportUser(report_id=into, user_key=user) for user in theirs if user not in have)
        target.signal_count += report.signal_count
        target.weight += report.weight
        target.user_count = len(have | set(theirs))
        target.first_seen = min(target.first_seen, report.first_seen)
        target.last_seen = max(target.last_seen, report.last_seen)
        target.sources = sorted({*target.sources, *report.sources})
        report.merged_into = into
        session.add_all([report, target])
        await move_to(session, report, Status.MERGED_INTO, who, f"joined into {into}", "join")
    return f"Joined report {report_id} into {into}."


async def split(services: Services, who: str, report_id: int, signals: list[int]) -> str:
    """Take signals out of a report into a new one."""
    async with services.store.write() as session:
        report = await the_report(session, report_id)
        wanted = select(Signal).where(Signal.report_id == report_id, col(Signal.id).in_(signals))
        moved = (await session.exec(wanted)).all()
        missing = set(signals) - {signal.id for signal in moved}
        if missing or not signals:
            raise Refused(
                f"Report {report_id} has no signal {', '.join(map(str, sorted(missing)))}.".replace(" .", ".")
            )
        if len(moved) >= report.signal_count:
            raise Refused("That would leave nothing in the report; split off fewer signals.")
        users = {signal.user_key for signal in moved if signal.user_key}
        made = Report(
            title=moved[0].title, kind=moved[0].kind, sources=sorted({s.source for s in moved}),
            signal_count=len(moved), user_count=len(users), weight=sum(s.weight for s in moved),
            first_seen=min(s.at for s in moved), last_seen=max(s.at for s in moved),
        )  # fmt: skip
        session.add(made)
        await session.flush()
        assert made.id is not None
        session.add_all(ReportUser(report_id=made.id, user_key=user) for user in users)
        for signal in moved:
            signal.report_id = made.id
            session.add(signal)
        report.signal_count -= len(moved)
        report.weight -= made.weight
        session.add(report)
        await move(session, made, Status.QUEUED, who=who, why=f"split from {report_id}", action="split")
    return f"Split {len(moved)} signals of report {report_id} into report {made.id}."


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
