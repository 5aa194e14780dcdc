"""Signals from one report to another, with the keys that lead there, and the numbers that follow from them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from sqlalchemy import delete, exists, func, insert, literal, update
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from agents.group import fingerprint
from agents.group.growth import trend
from agents.models import Json, Report, ReportKey, ReportUser, Signal

_IN = 500  # values in one IN list
_LOOKED_AT = 1_000  # newest signals that stay, among which a key is looked for before it goes with those that leave


async def pour(session: AsyncSession, source: Report, into: Report) -> list[Json]:
    """Move every signal and key of a report into another; returns what moved, for the journal."""
    signals = await _signals(session, source)
    keys, kept = await _keys(session, source), await _keys(session, into)
    newest = (await session.exec(select(func.max(Signal.id)))).one() or 0
    moved = [
        await _move(session, Signal, "id", signals, source, into, newest=newest),
        await _move(session, ReportKey, "key", keys, source, into, kept=kept),
    ]
    await recount(session, into)
    return moved


async def draw(session: AsyncSession, source: Report, into: Report, poured: list[Json]) -> list[Json]:
    """Take back what was poured from `into`: its signals and keys, and those that came meanwhile by these keys.

    Args:
        session: a write session.
        source: the report that has them now.
        into: the report that gets them back.
        poured: what `pour` returned (or its like): signals, then keys.
    """
    signals, keys = poured
    theirs, own = set(keys["keys"]), set(keys.get("kept", []))
    back: list[int] = list(signals["keys"])
    new_keys: set[str] = set()
    since = select(Signal).where(Signal.report_id == source.id, col(Signal.id) > signals.get("newest", 0))
    for signal in (await session.exec(since)).all():
        found = keys_of(signal)
        if next((key for key in found if key in theirs or key in own), None) in theirs:
            back.append(signal.id or 0)
            new_keys |= set(found) - own
    moved = [
        await _move(session, Signal, "id", sorted(set(back)), source, into),
        await _move(session, ReportKey, "key", sorted(theirs | new_keys), source, into),
    ]
    await recount(session, source)
    await recount(session, into)
    return moved


async def take_out(session: AsyncSession, source: Report, into: Report, signals: list[Signal]) -> list[Json]:
    """Move these signals to another report, with the keys that lead to none that stays."""
    ids = sorted(signal.id or 0 for signal in signals)
    staying = (
        select(Signal)
        .where(Signal.report_id == source.id, col(Signal.id).not_in(ids))
        .order_by(col(Signal.id).desc())
        .limit(_LOOKED_AT)
    )
    kept = {key for signal in (await session.exec(staying)).all() for key in keys_of(signal)}
    going = {key for signal in signals for key in keys_of(signal)} - kept
    moved = [
        await _move(session, Signal, "id", ids, source, into),
        await _move(session, ReportKey, "key", sorted(going), source, into),
    ]
    await recount(session, source)
    await recount(session, into)
    return moved


def keys_of(signal: Signal) -> list[str]:
    """The keys of a signal, strictest first."""
    return fingerprint.keys(signal.source, signal.kind, signal.title, signal.entities, signal.payload)


async def _signals(session: AsyncSession, report: Report) -> list[int]:
    mine = select(Signal.id).where(Signal.report_id == report.id).order_by(col(Signal.id))
    return [found for found in (await session.exec(mine)).all() if found is not None]


async def _keys(session: AsyncSession, report: Report) -> list[str]:
    mine = select(ReportKey.key).where(ReportKey.report_id == report.id).order_by(ReportKey.key)
    return list((await session.exec(mine)).all())


async def _move(
    session: AsyncSession, model: Any, name: str, keys: Iterable[Any], source: Report, into: Report, **more: Any
) -> Json:  # fmt: skip
    """Move the rows of these keys that are in `source`; returns those that were, as the journal keeps it."""
    table, wanted = model.__table__, list(keys)
    moved: list[Any] = []
    for start in range(0, len(wanted), _IN):
        part = table.c[name].in_(wanted[start : start + _IN]) & (table.c.report_id == source.id)
        change = update(table).where(part).values(report_id=into.id).returning(table.c[name])
        moved += [row[0] for row in (await session.exec(change)).all()]
    ends: Json = {"column": "report_id", "before": source.id, "after": into.id}
    return {"table": table.name, "keys": sorted(moved), **ends, **more}


async def recount(session: AsyncSession, report: Report) -> None:
    """Set a report's numbers to what its signals say."""
    table = Signal.__table__  # type: ignore[attr-defined]
    mine = table.c.report_id == report.id
    numbers = select(
        func.count(table.c.id), func.coalesce(func.sum(table.c.weight), 0.0), func.min(table.c.at), func.max(table.c.at)
    )  # fmt: skip
    count, weight, first, last = (await session.exec(numbers.where(mine))).one()
    report.signal_count, report.weight = int(count), round(float(weight), 6)
    sources = (await session.exec(select(table.c.source).where(mine).distinct())).all()
    report.sources = sorted(sources)
    report.user_count = await _recount_users(session, report)
    report.trend = []
    if count:
        report.first_seen, report.last_seen = first, last
        recent = (await session.exec(select(table.c.at).where(mine, table.c.at > last - timedelta(days=1)))).all()
        report.trend = trend([], None, recent, last)
    session.add(report)


async def _recount_users(session: AsyncSession, report: Report) -> int:
    users, signals = ReportUser.__table__, Signal.__table__  # type: ignore[attr-defined]
    theirs = signals.c.report_id == report.id
    gone = delete(users).where(
        users.c.report_id == report.id, ~exists().where(theirs, signals.c.user_key == users.c.user_key)
    )
    await session.exec(gone)
    known = exists().where(users.c.report_id == report.id, users.c.user_key == signals.c.user_key)
    new = select(literal(report.id), signals.c.user_key).where(theirs, signals.c.user_key.is_not(None), ~known)
    await session.exec(insert(users).from_select(["report_id", "user_key"], new.distinct()))
    count = select(func.count()).select_from(users).where(users.c.report_id == report.id)
    return int((await session.exec(count)).one())
