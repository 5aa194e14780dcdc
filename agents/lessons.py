"""What people noted that the next run should know: on its report, and on those that are like it."""

from __future__ import annotations

from sqlmodel import col, or_, select
from sqlmodel.ext.asyncio.session import AsyncSession

from agents.group import fingerprint
from agents.models import Link, Note, Report, ReportKey, Signal
from agents.text import one_line

_LOOKED_AT = 50  # newest signals whose keys are followed to other reports
_KEPT = 20


async def lessons(session: AsyncSession, report_id: int) -> tuple[str, ...]:
    """Notes as sentences: those of like reports first, the report's own last, oldest first; at most 20.

    Like it are reports that were joined into it, that a link ties to it, or to which a key of its signals leads.
    """
    like = await _like(session, report_id)
    wanted = (
        select(Note, Report.title)
        .join(Report, col(Report.id) == col(Note.report_id))
        .where(col(Note.report_id).in_(like | {report_id}))
        .order_by(col(Note.id).desc())
        .limit(_KEPT)
    )
    rows = sorted((await session.exec(wanted)).all(), key=lambda row: (row[0].report_id == report_id, row[0].id))
    return tuple(_told(note, title, own=note.report_id == report_id) for note, title in rows)


def _told(note: Note, title: str, *, own: bool) -> str:
    where = "this report" if own else f"report {note.report_id} (“{one_line(title, 100)}”)"
    return f"A person said of {where}: {note.text}"


async def _like(session: AsyncSession, report_id: int) -> set[int]:
    links = select(Link.report_id, Link.other_id).where(or_(Link.report_id == report_id, Link.other_id == report_id))
    found = {end for row in (await session.exec(links)).all() for end in row}
    joined = (await session.exec(select(Report.id).where(Report.merged_into == report_id))).all()
    found |= {one for one in joined if one is not None}
    newest = select(Signal).where(Signal.report_id == report_id).order_by(col(Signal.id).desc()).limit(_LOOKED_AT)
    keys = {
        key
        for s in (await session.exec(newest)).all()
        for key in fingerprint.keys(s.source, s.kind, s.title, s.entities, s.payload)
    }
    found |= set((await session.exec(select(ReportKey.report_id).where(col(ReportKey.key).in_(keys)))).all())
    return found - {report_id}
