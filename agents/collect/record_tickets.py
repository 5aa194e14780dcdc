"""Parts of tickets into the store: each ticket one signal, whatever order its parts come in."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from agents.collect import Incoming, Json, Part, Ticket
from agents.collect.tickets import held, known_text, merged, said, signal_of, ticket_of, why_not
from agents.models import Delivery, Signal, SignalState, SourceState, now
from agents.store import Store

Judge = Callable[[str, str, str, Json], str | None]

_CHUNK = 500  # values in one statement
_ASIDE = "not looked into: "  # begins the reason of a signal that its ticket's state put aside


@dataclass
class Kept:
    """What became of parts, by source."""

    signals: Counter[str] = field(default_factory=Counter)  # tickets that are new and wait to be grouped
    items: Counter[str] = field(default_factory=Counter)  # tickets that are new
    duplicates: Counter[str] = field(default_factory=Counter)
    updates: Counter[str] = field(default_factory=Counter)
    skipped: Counter[str] = field(default_factory=Counter)


async def record_tickets(
    store: Store, session: AsyncSession, parts: Sequence[Part], judge: Judge, bots: frozenset[str]
) -> Kept:
    """Put parts to what is known of their tickets, in the order they came.

    Args:
        store: says which database it is.
        session: of the write they belong to.
        parts: from polls and webhooks.
        judge: why a text is to be held back, of (kind, title, body, payload); None when it is not.
        bots: sources whose programs count like people.
    """
    kept = Kept()
    parts = await _taken(store, session, parts, kept)
    known = await _known(session, parts)
    for part in parts:
        ticket = ticket_of(part)
        signal = known.get((part.source, ticket))
        if signal is None and not isinstance(part, Ticket):
            kept.skipped[part.source] += 1  # of a pull request, or of a ticket from before the time that is read
            continue
        payload = merged(signal.payload if signal is not None else None, part)
        if payload is None:
            kept.duplicates[part.source] += 1
        elif signal is None:
            made = _made(part.source, ticket, payload, part.source in bots)
            known[part.source, ticket] = made
            session.add(made)
            kept.items[part.source] += 1
            kept.signals[part.source] += made.state is SignalState.NEW
        elif signal.state is SignalState.GROUPED and _hostile(signal, part, judge):
            await _hold(session, held(part.source, ticket, part), kept)
        else:
            kept.signals[part.source] += _update(signal, payload, part.source in bots)
            session.add(signal)
            kept.updates[part.source] += 1
    return kept


async def _taken(store: Store, session: AsyncSession, parts: Sequence[Part], kept: Kept) -> list[Part]:
    """Without what a webhook repeats, and without what webhooks bring for a source that is switched off."""
    pushed = {(part.source, part.delivery) for part in parts if part.delivery}
    if not pushed:
        return list(parts)
    insert = sqlite.insert if store.is_sqlite else postgresql.insert
    table = Delivery.__table__  # type: ignore[attr-defined]
    rows = [{"source": source, "id": delivery, "at": now()} for source, delivery in sorted(pushed)]
    fresh: set[tuple[str, str]] = set()
    for start in range(0, len(rows), _CHUNK):
        made = insert(table).values(rows[start : start + _CHUNK]).on_conflict_do_nothing()
        found = (await session.exec(made.returning(table.c.source, table.c.id))).all()
        fresh |= {(row[0], row[1]) for row in found}
    off = set((await session.exec(select(SourceState.name).where(col(SourceState.enabled).is_(False)))).all())
    result: list[Part] = []
    for part in parts:
        if not part.delivery or ((part.source, part.delivery) in fresh and part.source not in off):
            result.append(part)
        else:
            (kept.skipped if part.source in off else kept.duplicates)[part.source] += 1
    return result


async def _known(session: AsyncSession, parts: Sequence[Part]) -> dict[tuple[str, str], Signal]:
    wanted: dict[str, set[str]] = {}
    for part in parts:
        wanted.setdefault(part.source, set()).add(ticket_of(part))
    found: dict[tuple[str, str], Signal] = {}
    for source, ids in wanted.items():
        ordered = sorted(ids)
        for start in range(0, len(ordered), _CHUNK):
            mine = select(Signal).where(
                Signal.source == source, col(Signal.external_id).in_(ordered[start : start + _CHUNK])
            )
            found |= {(source, signal.external_id): signal for signal in (await session.exec(mine)).all()}
    return found


def _columns(incoming: Incoming) -> dict[str, Any]:
    names = ("kind", "at", "title", "body", "level", "weight", "user_key", "entities", "payload")
    return {name: getattr(incoming, name) for name in names}


def _made(source: str, ticket: str, payload: Json, bots: bool) -> Signal:
    aside = why_not(payload, bots=bots)
    signal = Signal(source=source, external_id=ticket, **_columns(signal_of(source, ticket, payload)))
    signal.state = SignalState.DROPPED if aside else SignalState.NEW
    signal.state_reason = f"{_ASIDE}{aside}" if aside else ""
    return signal


def _update(signal: Signal, payload: Json, bots: bool) -> bool:
    """Bring a signal up to its ticket; whether it is to be grouped now and was not before.

    What is in a report stays there whatever becomes of the ticket, for it was observed. What a person dropped stays so.
    """
    incoming = signal_of(signal.source, signal.external_id, payload)
    released = {"released": True} if signal.entities.get("released") else {}
    for name, value in _columns(incoming).items():
        setattr(signal, name, value)
    signal.entities = {**incoming.entities, **released}
    if signal.state is SignalState.GROUPED:
        return False
    aside = why_not(payload, bots=bots)
    if signal.state is SignalState.DROPPED and not signal.state_reason.startswith(_ASIDE):
        return False
    before = signal.state
    signal.state = SignalState.DROPPED if aside else SignalState.NEW
    signal.state_reason = f"{_ASIDE}{aside}" if aside else ""
    return signal.state is SignalState.NEW and before is not SignalState.NEW


def _hostile(signal: Signal, part: Part, judge: Judge) -> bool:
    """Whether what a part adds to a text that is in a report already is to be held back."""
    title, text = said(part)
    before = set(known_text(signal.payload, part).splitlines())
    added = "\n".join(line for line in text.splitlines() if line not in before)
    return judge("ticket", "" if title in before else title, added, {}) is not None


async def _hold(session: AsyncSession, incoming: Incoming, kept: Kept) -> None:
    same = select(Signal.id).where(Signal.source == incoming.source, Signal.external_id == incoming.external_id)
    if (await session.exec(same)).first() is not None:
        kept.duplicates[incoming.source] += 1
        return
    session.add(Signal(source=incoming.source, external_id=incoming.external_id, **_columns(incoming)))
    kept.items[incoming.source] += 1
    kept.signals[incoming.source] += 1
