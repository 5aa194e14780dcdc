"""How reports are tied to each other."""

from __future__ import annotations

from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession

from agents.models import Link


async def link(session: AsyncSession, report_id: int, other_id: int, kind: str, why: str) -> None:
    """Tie a report to another, once; what is added is journaled by the caller's next entry."""
    known = select(Link.id).where(Link.report_id == report_id, Link.other_id == other_id, Link.kind == kind)
    if (await session.exec(known)).first() is None:
        session.add(Link(report_id=report_id, other_id=other_id, kind=kind, why=why))
