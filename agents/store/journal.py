"""The journal: one entry for each change, with what was before and after, and how to undo it.

`record` looks at what the session is about to write and keeps the columns that differ, so an entry cannot
disagree with the change. `undo` puts the old values back only where nothing else has changed them since.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import inspect
from sqlmodel import SQLModel, col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from agents.models import JournalEntry, Json, Report, Status, UtcDateTime

_IGNORED = {"updated_at"}


class CannotUndo(Exception):
    """The entry cannot be taken back (or put back again); the message says why and what to do instead."""


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else value


def _difference(item: Any) -> Json | None:
    state = inspect(item)
    before: Json = {}
    after: Json = {}
    for column in state.mapper.column_attrs:
        if column.key in _IGNORED:
            continue
        history = state.attrs[column.key].history
        if history.has_changes():
            before[column.key] = _plain(history.deleted[0]) if history.deleted else None
            after[column.key] = _plain(history.added[0]) if history.added else None
    if not after:
        return None
    key = list(state.mapper.primary_key_from_instance(item))
    return {"table": item.__tablename__, "key": key, "before": before, "after": after}


async def record(
    session: AsyncSession, who: str, action: str, *, report_id: int | None, why: str = "", undoable: bool = False,
    undo_hint: str = "",
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
    """
    with session.no_autoflush:
        changes = [d for item in session.dirty if (d := _difference(item)) is not None]
        added = list(session.new)
    await session.flush()
    for item in added:
        key = list(inspect(item).mapper.primary_key_from_instance(item))
        changes.append({"table": item.__tablename__, "key": key, "before": None, "after": {}})
    entry = JournalEntry(
        who=who, action=action, report_id=report_id, why=why, changes=changes, undoable=undoable, undo_hint=undo_hint
    )
    session.add(entry)
    await session.flush()
    return entry


def _model(table: str) -> type[SQLModel]:
    for mapper in SQLModel._sa_registry.mappers:
        if getattr(mapper.local_table, "name", "") == table:
            model: type[SQLModel] = mapper.class_
            return model
    raise CannotUndo(f"The journal names a table this version does not have: {table}.")


def _restore(model: type[SQLModel], column: str, value: Any) -> Any:
    kind = inspect(model).columns[column].type
    if value is not None and isinstance(kind, UtcDateTime):
        return datetime.fromisoformat(value)
    enum = getattr(kind, "enum_class", None)
    return enum(value) if value is not None and enum is not None else value


async def _apply(session: AsyncSession, entry: JournalEntry, put: str, expect: str) -> None:
    for change in entry.changes:
        if change["before"] is None:
            continue  # a row that was added stays: it is history
        model = _model(change["table"])
        item = await session.get(model, tuple(change["key"]))
        if item is None:
            raise CannotUndo(f"“{entry.action}” touched a row that no longer exists.")
        for column, value in change[put].items():
            if column == "round":
                continue  # rounds only grow: a round's work is never started twice
            if _plain(getattr(item, column)) != change[expect][column]:
                raise CannotUndo(
                    f"“{entry.action}” cannot be taken back: {change['table']}.{column} has changed since "
                    f"(see `loop log {entry.report_id}`)."
                )
            setattr(item, column, _restore(model, column, value))
        if isinstance(item, Report) and item.status in (Status.QUEUED, Status.PROPOSING):
            item.round += 1
        session.add(item)


async def undo(session: AsyncSession, who: str) -> JournalEntry:
    """Take back the newest undoable entry of `who` that stands.

    Raises:
        CannotUndo: there is none, or something else changed since.
    """
    return await _turn(session, who, undone=False)


async def redo(session: AsyncSession, who: str) -> JournalEntry:
    """Put back the entry of `who` that was undone last.

    Raises:
        CannotUndo: there is none, or something else changed since.
    """
    return await _turn(session, who, undone=True)


async def _turn(session: AsyncSession, who: str, *, undone: bool) -> JournalEntry:
    mine = select(JournalEntry).where(JournalEntry.who == who, col(JournalEntry.undoable).is_(True))
    standing = mine.where(col(JournalEntry.undone).is_(undone))
    # Undo walks back from the newest that stands; redo walks forward from the oldest undone after it.
    order = col(JournalEntry.id).asc() if undone else col(JournalEntry.id).desc()
    if undone:
        newest = (
            await session.exec(mine.where(col(JournalEntry.undone).is_(False)).order_by(col(JournalEntry.id).desc()))
        ).first()
        if newest is not None:
            standing = standing.where(col(JournalEntry.id) > newest.id)
    entry = (await session.exec(standing.order_by(order))).first()
    if entry is None:
        raise CannotUndo("Nothing to redo." if undone else "Nothing to undo.")
    await _apply(session, entry, *(("after", "before") if undone else ("before", "after")))
    entry.undone = not undone
    session.add(entry)
    verb = "redo" if undone else "undo"
    await record(session, who, verb, report_id=entry.report_id, why=f"{verb} of {entry.action}")
    return entry
