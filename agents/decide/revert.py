"""Taking out a merge that other work stands on: by a change of its own, which a person merges like any other."""

from __future__ import annotations

from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession

from agents.decide.shared import move_to, the_change, the_report
from agents.models import Link, Report, Status, Verdict
from agents.refusal import Refused
from agents.services import Services
from agents.store import journal


async def revert(services: Services, who: str, report_id: int) -> str:
    """Start a report whose change takes this one's out again; asked for twice, it is the same report."""
    async with services.store.write() as session:
        original, change = await the_report(session, report_id, "revert", who), await the_change(session, report_id)
        if change.state != "merged":
            raise Refused(f"Report {report_id} has nothing merged to revert; its change is {change.state}.")
        known = await _standing(session, report_id)
        if known is not None and known.status is Status.FAILED:
            await move_to(session, known, Status.PROPOSING, who, f"reverting report {report_id}, once more", "revert")
        elif known is not None:
            raise Refused(f"Report {known.id} reverts it already; it is {known.status.value}.")
        else:
            known = Report(
                title=f"Revert “{change.title}”", kind="revert", status=Status.PROPOSING, round=1,
                status_reason=f"reverting report {report_id}", verdict=Verdict.ACTIONABLE,
                verdict_reason=f"{who} asked for it", priority=original.priority,
                priority_reason=f"as report {report_id}",
                summary=f"Takes out what report {report_id} brought into {change.base} as {change.merged_sha}.",
            )  # fmt: skip
            session.add(known)
            await session.flush()
            session.add(Link(report_id=known.id or 0, other_id=report_id, kind="reverts", why=f"{who} asked for it"))
            for about, why in ((known.id, f"of report {report_id}"), (report_id, f"by report {known.id}")):
                await journal.record(session, who, "revert", report_id=about, why=why)
    return f"Report {known.id} reverts report {report_id}; its change comes up for review."


async def _standing(session: AsyncSession, report_id: int) -> Report | None:
    """The report that reverts this one already, None when there is none or it was declined."""
    links = select(Link).where(Link.other_id == report_id, Link.kind == "reverts")
    for link in (await session.exec(links)).all():
        report = await session.get_one(Report, link.report_id)
        if report.status not in (Status.DECLINED, Status.MERGED_INTO, Status.SHIPPED, Status.MEASURED):
            return report
    return None
