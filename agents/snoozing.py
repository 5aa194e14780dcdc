"""When a snooze ends: by time, or by what comes in."""

from __future__ import annotations

import re

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from agents import releases
from agents.models import Report, now
from agents.store import Store, journal
from agents.text import counted

# What a report keeps in `snooze_condition`.
CONDITION = re.compile(r"(users|signals)>(\d+)|release>(.+)")


async def ends(session: AsyncSession, report: Report, seen_in: set[str]) -> str:
    """Why a report's snooze ends now; "" while it goes on (or there is none).

    Args:
        session: any session.
        report: with its numbers as they are now.
        seen_in: the releases of the signals that just came.
    """
    if report.snoozed_until is not None and report.snoozed_until <= now():
        return "its time has come"
    match = CONDITION.fullmatch(report.snooze_condition)
    if match is None:
        return ""
    if match[3]:
        found = await _after(session, match[3], seen_in)
        return f"seen in release {found}" if found else ""
    count = report.user_count if match[1] == "users" else report.signal_count
    return f"{counted(count, match[1].removesuffix('s'))} now" if count > int(match[2]) else ""


async def _after(session: AsyncSession, than: str, seen_in: set[str]) -> str:
    if not seen_in:
        return ""
    known = {}
    if any(releases.version(name) is None for name in (than, *seen_in)):
        known = await releases.seen(session, [than, *seen_in])
    return next((name for name in sorted(seen_in) if releases.later(name, than, known)), "")


async def wake(session: AsyncSession, report: Report, why: str) -> None:
    """End a snooze: the report is news again."""
    report.snoozed_until, report.snooze_condition, report.news_at = None, "", now()
    session.add(report)
    await journal.record(session, "loop", "wake", report_id=report.id, why=why)


async def wake_due(store: Store) -> list[int]:
    """Wake every report whose time has come; returns them."""
    due = select(Report).where(col(Report.snoozed_until) <= now())
    async with store.read() as session:
        if (await session.exec(due.limit(1))).first() is None:
            return []
    async with store.write() as session:
        found = (await session.exec(due)).all()
        for report in found:
            await wake(session, report, "its time has come")
    return [report.id or 0 for report in found]
