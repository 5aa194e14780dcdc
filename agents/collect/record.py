"""Items into the store: each signal once, every count kept, nothing dropped silently."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel.ext.asyncio.session import AsyncSession

from agents.collect import Comment, Incoming, Item, Refused, Skipped, Taken, Ticket, Traffic
from agents.collect.record_tickets import Judge, Kept, record_tickets
from agents.models import Exposure, Intake, Rejected, Signal, SignalState, SourceState, now
from agents.store import Store
from agents.text import visible

_CHUNK = 500  # rows in one statement: SQLite allows 32,766 parameters


def _insert(store: Store, model: Any) -> Any:
    return (sqlite if store.is_sqlite else postgresql).insert(model.__table__)


async def record(
    store: Store,
    items: Sequence[Item],
    *,
    judge: Judge = lambda *_: None,
    bots: frozenset[str] = frozenset(),
) -> Taken:
    """Write a batch in one transaction, in the order it came; `judge` and `bots` as for `record_tickets`."""
    incoming = [item for item in items if isinstance(item, Incoming)]
    traffic = [item for item in items if isinstance(item, Traffic)]
    refused = [item for item in items if isinstance(item, Refused)]
    skipped = [item for item in items if isinstance(item, Skipped)]
    parts = [item for item in items if isinstance(item, Ticket | Comment)]
    taken = Taken(rejected=len(refused), skipped=sum(item.count for item in skipped))
    async with store.write() as session:
        counts: Counter[tuple[str, str]] = Counter()
        new = await _signals(store, session, incoming)
        taken.signals = len(new)
        taken.duplicates = len(incoming) - len(new)
        seen = Counter(item.source for item in incoming)
        fresh = Counter(source for source, _ in new)
        for source, count in seen.items():
            counts[source, "collected"] += count
            counts[source, "duplicate"] += count - fresh[source]
        for refusal in refused:
            counts[refusal.source, "collected"] += 1
            counts[refusal.source, "rejected"] += 1
            session.add(
                Rejected(source=refusal.source, reason=refusal.reason[:500], sample=visible(refusal.sample)[:2000])
            )
        for item in skipped:
            counts[item.source, "skipped"] += item.count
        if parts:
            kept = await record_tickets(store, session, parts, judge, bots)
            _count(kept, taken, counts)
            await _items(store, session, kept)
        await _exposure(store, session, traffic)
        await _intake(store, session, counts)
        await _health(store, session, seen, fresh)
    return taken


def _count(kept: Kept, taken: Taken, counts: Counter[tuple[str, str]]) -> None:
    taken.signals += kept.signals.total()
    taken.duplicates += kept.duplicates.total()
    taken.skipped += kept.skipped.total()
    for source, count in (kept.items + kept.updates + kept.duplicates + kept.skipped).items():
        counts[source, "collected"] += count
    for source, count in kept.duplicates.items():
        counts[source, "duplicate"] += count
    for source, count in kept.skipped.items():
        counts[source, "skipped"] += count


async def _items(store: Store, session: AsyncSession, kept: Kept) -> None:
    """Count what is new; how a tracker fares is for its polls to say."""
    for source, count in kept.items.items():
        statement = _insert(store, SourceState).values(name=source, enabled=True, cursor={}, items=count, last_error="")
        added = SourceState.__table__.c["items"] + statement.excluded["items"]  # type: ignore[attr-defined]
        await session.exec(statement.on_conflict_do_update(index_elements=["name"], set_={"items": added}))


async def _signals(store: Store, session: AsyncSession, items: list[Incoming]) -> list[tuple[str, str]]:
    moment = now()
    first: dict[tuple[str, str], Incoming] = {}
    for item in items:
        first.setdefault((item.source, item.external_id), item)
    rows = [
        {
            "source": item.source, "kind": item.kind, "external_id": item.external_id, "at": item.at,
            "received_at": moment, "title": item.title, "body": item.body, "level": item.level,
            "handled": item.handled, "weight": item.weight, "user_key": item.user_key, "release": item.release,
            "environment": item.environment, "entities": item.entities, "payload": item.payload,
            "state": SignalState.NEW, "state_reason": "",
        }
        for item in first.values()
    ]  # fmt: skip
    new: list[tuple[str, str]] = []
    table = Signal.__table__  # type: ignore[attr-defined]
    for start in range(0, len(rows), _CHUNK):
        statement = (
            _insert(store, Signal)
            .values(rows[start : start + _CHUNK])
            .on_conflict_do_nothing(index_elements=["source", "external_id"])
            .returning(table.c.source, table.c.external_id)
        )
        new += [(row[0], row[1]) for row in (await session.exec(statement)).all()]
    return new


async def _exposure(store: Store, session: AsyncSession, traffic: list[Traffic]) -> None:
    buckets: Counter[tuple[str, datetime, str]] = Counter()
    for item in traffic:
        minute = item.at.astimezone(UTC).replace(second=0, microsecond=0)
        buckets[item.name, minute, item.release] += item.count  # type: ignore[assignment]
    rows = [{"name": n, "bucket": b, "release": r, "count": float(c)} for (n, b, r), c in buckets.items()]
    for start in range(0, len(rows), _CHUNK):
        statement = _insert(store, Exposure).values(rows[start : start + _CHUNK])
        added = Exposure.__table__.c["count"] + statement.excluded["count"]  # type: ignore[attr-defined]
        await session.exec(
            statement.on_conflict_do_update(index_elements=["name", "bucket", "release"], set_={"count": added})
        )


async def _intake(store: Store, session: AsyncSession, counts: Counter[tuple[str, str]]) -> None:
    day = now().date().isoformat()
    rows = [{"day": day, "source": s, "kind": k, "count": c} for (s, k), c in counts.items() if c]
    if rows:
        statement = _insert(store, Intake).values(rows)
        added = Intake.__table__.c["count"] + statement.excluded["count"]  # type: ignore[attr-defined]
        await session.exec(
            statement.on_conflict_do_update(index_elements=["day", "source", "kind"], set_={"count": added})
        )


async def _health(store: Store, session: AsyncSession, seen: Counter[str], fresh: Counter[str]) -> None:
    rows = [
        {"name": source, "enabled": True, "cursor": {}, "items": fresh[source], "last_success": now(), "last_error": ""}
        for source in seen
    ]
    if rows:
        statement = _insert(store, SourceState).values(rows)
        added = SourceState.__table__.c["items"] + statement.excluded["items"]  # type: ignore[attr-defined]
        values = {"items": added, "last_success": statement.excluded["last_success"], "last_error": ""}
        await session.exec(statement.on_conflict_do_update(index_elements=["name"], set_=values))
