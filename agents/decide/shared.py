"""What the verbs share: the rows they act on, and a move that is refused in words."""

from __future__ import annotations

from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession

from agents.models import Change, Report, Status
from agents.refusal import Refused
from agents.store.transitions import IllegalMove, move


async def the_report(session: AsyncSession, report_id: int) -> Report:
    """A report that can be acted on.

    Raises:
        Refused: there is none, or it was joined into another.
    """
    report = await session.get(Report, report_id)
    if report is None:
        raise Refused(f"There is no report {report_id}; `loop reports` lists them.")
    if report.status is Status.MERGED_INTO:
        raise Refused(f"Report {report_id} was joined into {report.merged_into}; act on that one.")
    return report


async def the_change(session: AsyncSession, report_id: int) -> Change:
    """The change of a report.

    Raises:
        Refused: it has none.
    """
    found = (await session.exec(select(Change).where(Change.report_id == report_id))).first()
    if found is None:
        raise Refused(f"Report {report_id} has no change; `loop show {report_id}` says where it stands.")
    return found


async def move_to(session: AsyncSession, report: Report, to: Status, who: str, why: str, action: str) -> None:
    """Move a report so that the person can take it back.

    Raises:
        Refused: it cannot go there from where it stands.
    """
    try:
        await move(session, report, to, who=who, why=why, action=action, undoable=True)
    except IllegalMove as error:
        raise Refused(f"{error} `loop show {report.id}` says what it waits for.") from error
