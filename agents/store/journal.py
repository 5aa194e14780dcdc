"""The journal: one entry for each change, with what was before and after, and who may read how it came.

`record` looks at what the session is about to write and keeps the columns that differ, so an entry cannot disagree with
the change. An entry's `changes` are of two shapes:

- a row: {table, key, before: {column: value}, after: {column: value}}; `before` is None for a row that was added and
  `after` None for one that was deleted. Whole rows are kept where the entry may be taken back.
- rows that moved: {table, keys, column, before, after}, for many rows of which one column changed alike.

Taking back is in `agents/store/turning.py`.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import inspect
from sqlmodel.ext.asyncio.session import AsyncSession

from agents.models import JournalEntry, Json

_IGNORED = {"updated_at"}
BATCH = "batch"  # in a session's info: what this transaction does belongs together


def plain(value: Any) -> Any:
    """A column's value as JSON keeps it."""
    return value.isoformat() if isinstance(value, datetime) else value


def row(item: Any) -> Json:
    """All columns of a row."""
    return {column.key: plain(getattr(item, column.key)) for column in inspect(item).mapper.column_attrs}


def _named(item: Any) -> Json:
    return {"table": item.__tablename__, "key": list(inspect(item).mapper.primary_key_from_instance(item))}


def inserted(item: Any) -> Json:
    """A row that was added and flushed in this transaction, for an entry that is made later in it."""
    return {**_named(item), "before": None, "after": row(item)}


def _difference(item: Any) -> Json | None:
    state = inspect(item)
    before: Json = {}
    after: Json = {}
    for column in state.mapper.column_attrs:
        if column.key in _IGNORED:
            continue
        history = state.attrs[column.key].history
        if history.has_changes():
            before[column.key] = plain(history.deleted[0]) if history.deleted else None
            after[column.key] = plain(history.added[0]) if history.added else None
    return {**_named(item), "before": before, "after": after} if before != after else None


async def record(
    session: AsyncSession, who: str, action: str, *, report_id: int | None, why: str = "", undoable: bool = False,
    undo_hint: str = "", moved: Sequence[Json] = (), turns: int | None = None,
) -> JournalEntry:  # fmt: skip
    """Journal what `session` holds unflushed, then flush it.

    Args:
        session: a write session with modified objects.
        who: a person's name, or `loop` for the engine.
        action: the verb.
        report_id: the report it is about.
        why: the reason given.
        undoable: whether `undo` may put the old values back.
        undo_hint: how a person takes it back where `undo` cannot.
        moved: rows that were written past what the session holds now, in either shape above.
        turns: the entry that this one takes back or puts back.
    """
    whole = undoable or turns is not None
    with session.no_autoflush:
        changes = [d for item in session.dirty if (d := _difference(item)) is not None]
        changes += [{**_named(item), "before": row(item) if whole else {}, "after": None} for item in session.deleted]
        added = list(session.new)
    await session.flush()
    changes += [inserted(item) if whole else {**_named(item), "before": None, "after": {}} for item in added]
    entry = JournalEntry(
        who=who, action=action, report_id=report_id, why=why, changes=[*changes, *moved], undoable=undoable,
        undo_hint=undo_hint, turns=turns, batch=session.info.get(BATCH, ""),
    )  # fmt: skip
    session.add(entry)
    await session.flush()
    return entry
