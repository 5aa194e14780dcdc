"""What is kept for a while and then let go: the change feed, webhooks taken, heads of changes decided long ago."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlmodel import col, delete, select

from agents.models import Delivery, FeedEntry, Report, Status
from agents.review import versions
from agents.services import Services

_FEED_KEPT = 100_000
_DECIDED = (Status.MEASURED, Status.DECLINED, Status.MERGED_INTO, Status.NOT_ACTIONABLE)
_HEADS_KEPT = timedelta(days=90)
_DELIVERIES_KEPT = timedelta(days=7)  # longer than any service sends one again


async def tidy(services: Services, as_of: datetime) -> None:
    """Let go of old feed entries, of webhooks a week old, and of heads of reports that were decided 90 days ago.

    The branch of a change is its own ref and stays; only its former heads go, and git collects them.
    """
    async with services.store.write() as session:
        newest = (await session.exec(select(FeedEntry.seq).order_by(col(FeedEntry.seq).desc()).limit(1))).first()
        if newest and newest > _FEED_KEPT:
            await session.exec(delete(FeedEntry).where(col(FeedEntry.seq) <= newest - _FEED_KEPT))
        await session.exec(delete(Delivery).where(col(Delivery.at) < as_of - _DELIVERIES_KEPT))
    held = await versions.held(services.repository)
    if not held:
        return
    async with services.store.read() as session:
        old = select(Report.id).where(
            col(Report.id).in_(held), col(Report.status).in_(_DECIDED), col(Report.updated_at) < as_of - _HEADS_KEPT
        )
        found = (await session.exec(old)).all()
    for report_id in found:
        await versions.let_go(services.repository, report_id or 0)
