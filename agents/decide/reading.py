"""What a person has read, and who looks at what now. Neither is a decision: nothing of it is journaled or undone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from sqlmodel import col, delete, select

from agents.decide.shared import the_report
from agents.models import Presence, Seen, now
from agents.services import Services
from agents.store import feed

GONE = timedelta(seconds=60)  # a screen that has not been heard of for so long is closed
_NEVER = datetime(1970, 1, 1, tzinfo=UTC)


async def mark_read(services: Services, who: str, report_id: int, read: bool = True) -> str:
    """Mark a report as read by `who`, or as unread."""
    async with services.store.write() as session:
        await the_report(session, report_id, "mark-read")
        seen = await session.get(Seen, (report_id, who)) or Seen(report_id=report_id, who=who)
        seen.at = now() if read else _NEVER
        session.add(seen)
        await feed.tell(session, {report_id})
    return f"Report {report_id} is marked as {'read' if read else 'unread'}."


async def look_at(services: Services, who: str, screen: str, report_id: int | None) -> None:
    """Say which report a screen shows; None: none any more. Screens that are gone are swept."""
    async with services.store.write() as session:
        await session.exec(delete(Presence).where(col(Presence.at) < now() - GONE))
        mine = await session.get(Presence, screen)
        before = mine.report_id if mine is not None else None
        if report_id is not None:
            mine = mine or Presence(session=screen, who=who)
            mine.report_id, mine.at = report_id, now()
            session.add(mine)
        elif mine is not None:
            await session.delete(mine)
        if before != report_id:  # a heartbeat is news to nobody
            await feed.tell(session, {found for found in (before, report_id) if found is not None})


async def looking(services: Services, who: str) -> dict[int, list[str]]:
    """Which others look at which report now."""
    async with services.store.read() as session:
        fresh = select(Presence.report_id, Presence.who).where(
            col(Presence.at) >= now() - GONE, col(Presence.report_id).is_not(None), Presence.who != who
        )
        rows = (await session.exec(fresh.order_by(col(Presence.who)))).all()
    found: dict[int, list[str]] = {}
    for report_id, who in rows:
        names = found.setdefault(report_id or 0, [])
        if who not in names:
            names.append(who)
    return found
