"""Fill a store with what the pictures show."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from agents.inbox import Inbox
from agents.models import JournalEntry, Presence, Report, now
from loop_tui.pictures import backing, crowd
from loop_tui.pictures.reports import ME, ago, few, more
from loop_tui.pictures.repository import make_repo


async def prepare(folder: Path, filled: bool, *, busy: bool = False) -> None:
    """Make the repository and the store.

    Args:
        folder: where.
        filled: whether anything is in the store.
        busy: a morning's reports and decisions, and not only one report of each kind.
    """
    base, head = make_repo(folder)
    async with await Inbox.open(folder, who=ME, name="shop-api") as inbox:
        if filled:
            services = await inbox.services()
            async with services.store.write() as session:
                ids = await _few(session, base, head)
                if busy:
                    await _more(session, ids, base, head)
            if busy:
                await _decide(inbox, ids)


async def _few(session: AsyncSession, base: str, head: str) -> backing.Ids:
    ids = await _reports(session, few())
    changes, runs = backing.changes(ids, base, head), backing.runs(ids)
    session.add_all([*changes.values(), *runs])
    await session.flush()
    session.add_all([*backing.behind(ids, changes), *backing.steps(runs)])
    await session.flush()
    return ids


async def _more(session: AsyncSession, ids: backing.Ids, base: str, head: str) -> None:
    ids |= await _reports(session, more())
    changes = crowd.changes(ids, base, head)
    session.add_all(changes.values())
    await session.flush()
    session.add_all([*crowd.behind(ids, changes), *crowd.written(ids["invoice"], 1, base, head)])
    session.add(Presence(session="laptop", who="dev@laptop", report_id=ids["coupon"], at=now() + timedelta(hours=1)))
    for name, hours in (("invoice", 0.4), ("refund", 5)):
        if (report := await session.get(Report, ids[name])) is not None:
            report.news_at = ago(hours=hours)


async def _reports(session: AsyncSession, found: dict[str, Report]) -> backing.Ids:
    for report in found.values():  # one by one: their numbers are in this order
        session.add(report)
        await session.flush()
    return {name: report.id or 0 for name, report in found.items()}


async def _decide(inbox: Inbox, ids: backing.Ids) -> None:
    """Decisions by their verbs, so that they can be taken back; then put at their time."""
    await inbox.decline(ids["beta"], "intended", "it goes with the beta")
    await inbox.set_priority(ids["rounding"], 1, "it is money")
    await inbox.snooze(ids["slow"], "users>50")
    services = await inbox.services()
    async with services.store.write() as session:
        found = await session.exec(select(JournalEntry).where(JournalEntry.who == ME).order_by(col(JournalEntry.id)))
        for entry, hours in zip(found.all(), (49, 3, 1.9), strict=True):
            entry.at = ago(hours=hours)
            session.add(entry)
