"""The change feed: a row for each object a write touched, in commit order per writer.

A screen takes a snapshot, remembers the last `seq`, and asks for what came after it. Rows are made by
the session itself when it flushes, so no writer can forget one. Seq grows in commit order, because `Store.write` lets
one writer at a time in: a reader that saw 12 never misses 11.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import event, inspect
from sqlalchemy.orm import Session, UOWTransaction
from sqlmodel import col, func, select
from sqlmodel.ext.asyncio.session import AsyncSession

from agents.models import FeedEntry

SHOWN = {
    "signal", "report", "finding", "question", "run", "step", "change", "check", "review_comment", "contract",
    "outcome", "journal", "source_state",
}  # fmt: skip


def _entry(item: Any) -> FeedEntry | None:
    table = item.__tablename__
    if table not in SHOWN:
        return None
    report = item.id if table == "report" else getattr(item, "report_id", None)
    key = ":".join(str(part) for part in inspect(item).mapper.primary_key_from_instance(item))
    return FeedEntry(table=table, key=key, report_id=report)


def attach(session: Session) -> None:
    """Make `session` leave feed rows for what it flushes."""

    @event.listens_for(session, "after_flush")
    def collect(session: Session, _context: UOWTransaction) -> None:
        touched = [*session.new, *(item for item in session.dirty if session.is_modified(item)), *session.deleted]
        entries = {(e.table, e.key): e for item in touched if (e := _entry(item)) is not None}
        if entries:
            rows = [{"table": e.table, "key": e.key, "report_id": e.report_id} for e in entries.values()]
            session.connection().execute(FeedEntry.__table__.insert(), rows)  # type: ignore[attr-defined]


async def tell(session: AsyncSession, reports: set[int]) -> None:
    """Leave a feed row for reports of which something changed that is in no table a screen shows."""
    rows = [{"table": "report", "key": str(report), "report_id": report} for report in sorted(reports)]
    if rows:
        await session.exec(FeedEntry.__table__.insert(), params=rows)  # type: ignore[attr-defined]


async def last(session: AsyncSession) -> int:
    """The newest seq, 0 when nothing was ever written."""
    return (await session.exec(select(func.max(FeedEntry.seq)))).one() or 0


async def since(session: AsyncSession, seq: int, limit: int = 1000) -> Sequence[FeedEntry]:
    """Entries after `seq`, oldest first, at most `limit`."""
    query = select(FeedEntry).where(col(FeedEntry.seq) > seq).order_by(col(FeedEntry.seq)).limit(limit)
    return (await session.exec(query)).all()
