"""Taking an entry of the journal back, and putting it back again, row by row.

An entry that was taken back and put back is a chain: the entry itself (its root), then one entry for each turn, which
names the root in `turns`. Only the last of a chain says what stands now, so only the last is ever reversed.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import inspect
from sqlmodel import SQLModel, col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from agents.models import JournalEntry, Json, Report, Run, Status, UtcDateTime, now
from agents.store.journal import plain

_WORKING = frozenset({Status.QUEUED, Status.INVESTIGATING, Status.PROPOSING})
# Never put back: rounds only grow (a round's work is never started twice), and what counts signals goes on counting.
_GROWS = frozenset({"round", "next_trigger", "news_at"})
# Goes with the status, so it is put back with it and says nothing by itself.
_FOLLOWS = frozenset({"status_reason"})
_ASIDE = frozenset({"run"})  # a run that was stopped stays stopped
_SAID = {
    "claimed_by": "claim", "snoozed_until": "snooze", "snooze_condition": "snooze", "declined_as": "decline",
    "priority_reason": "priority",
}  # fmt: skip


class CannotTurn(Exception):
    """The entry cannot be taken back (or put back again); the message says why and what to do instead."""


Cell = tuple[str, str, str]  # table, key, column


def model(table: str) -> type[SQLModel]:
    """The model of a table.

    Raises:
        CannotTurn: this version has no such table.
    """
    for mapper in SQLModel._sa_registry.mappers:
        if getattr(mapper.local_table, "name", "") == table:
            found: type[SQLModel] = mapper.class_
            return found
    raise CannotTurn(f"The journal names a table this version does not have: {table}.")


def _value(kind: type[SQLModel], column: str, value: Any) -> Any:
    column_type = inspect(kind).columns[column].type
    if value is not None and isinstance(column_type, UtcDateTime):
        return datetime.fromisoformat(value)
    enum = getattr(column_type, "enum_class", None)
    return enum(value) if value is not None and enum is not None else value


async def last_of(session: AsyncSession, root: JournalEntry) -> JournalEntry:
    """The newest entry of a chain: what it says stands now."""
    turns = select(JournalEntry).where(JournalEntry.turns == root.id).order_by(col(JournalEntry.id).desc())
    return (await session.exec(turns.limit(1))).first() or root


# Looking ---------------------------------------------------------------------------------------------------------


def _rows(entry: JournalEntry) -> list[Json]:
    return [c for c in entry.changes if "key" in c and c["table"] not in _ASIDE]


def _cells(entry: JournalEntry) -> set[Cell]:
    """What an entry decided, without what follows from it or grows by itself."""
    found: set[Cell] = set()
    for change in _rows(entry):
        before, after = change["before"], change["after"]
        if after is None and "id" in before:
            continue  # where its number was given away meanwhile, the row comes back under another
        columns = set(after if after is not None else before) - _GROWS - _FOLLOWS
        if before and after and (before.get("status"), after.get("status")) == ("queued", "investigating"):
            columns.discard("status")  # the queue moving on takes nothing away from whoever queued it
        found |= {(change["table"], str(change["key"]), column) for column in columns}
    return found


def _same(column: str, found: Any, expected: Any) -> bool:
    if column == "status" and expected == "queued":
        return found in ("queued", "investigating")
    return bool(found == expected)


async def newer(session: AsyncSession, last: JournalEntry, reports: set[int]) -> list[JournalEntry]:
    """Entries on these reports that came after `last` and still stand, as their roots, oldest first."""
    after = select(JournalEntry).where(
        col(JournalEntry.id) > last.id, col(JournalEntry.report_id).in_(reports)
    )  # fmt: skip
    rows = (await session.exec(after.order_by(col(JournalEntry.id)))).all()
    times: dict[int, int] = {}
    for entry in rows:
        root = entry.turns or entry.id or 0
        times[root] = times.get(root, 0) + 1
    # An entry and the undo of it cancel out, and so do an undo and a redo: only odd numbers changed anything.
    odd = [root for root, count in times.items() if count % 2]
    if not odd:
        return []
    found = (await session.exec(select(JournalEntry).where(col(JournalEntry.id).in_(odd)))).all()
    return sorted(found, key=lambda entry: entry.id or 0)


def touched(entry: JournalEntry) -> set[int]:
    """The reports an entry changed."""
    rows = {change["key"][0] for change in _rows(entry) if change["table"] == "report"}
    return rows | ({entry.report_id} if entry.report_id else set())


async def obstacle(session: AsyncSession, root: JournalEntry, last: JournalEntry) -> str:
    """Why `last` cannot be reversed, naming what changed since; "" when it can."""
    mine = _cells(last)
    for entry in await newer(session, last, touched(last)):
        if common := mine & _cells(entry):
            return _changed(root, common, f"by {_who(entry)} (“{entry.action}”, entry {entry.id})")
    for change in _rows(last):
        if differs := await _differs(session, change):
            return _changed(root, {(change["table"], str(change["key"]), differs)}, "")
    return ""


def _who(entry: JournalEntry) -> str:
    return "the loop" if entry.who == "loop" else entry.who


def _changed(root: JournalEntry, cells: set[Cell], how: str) -> str:
    _, _, column = min(cells, key=lambda cell: (cell[2] != "status", cell))
    what = _SAID.get(column, column.replace("_", " "))
    return (
        f"“{root.action}” of report {root.report_id}: its {what} was changed since {how}".rstrip()
        + f"; see `loop log {root.report_id}`."
    )


async def _differs(session: AsyncSession, change: Json) -> str:
    """The first column that is not as the change left it; "" when all are."""
    item = await session.get(model(change["table"]), tuple(change["key"]))
    after = change["after"]
    if after is None:
        return change["table"] if item is not None and "id" not in change["before"] else ""
    if item is None:
        return str(change["table"])
    for column, expected in after.items():
        if column not in _GROWS | _FOLLOWS and not _same(column, plain(getattr(item, column)), expected):
            return str(column)
    return ""


# Doing -----------------------------------------------------------------------------------------------------------


async def reverse(session: AsyncSession, last: JournalEntry, tables: set[str] | None = None) -> None:
    """Put every row (of these tables) back to what it was before `last`; call `obstacle` first."""
    with session.no_autoflush:  # what is reversed is journaled whole, so nothing may be flushed before
        for change in reversed(_rows(last)):
            if tables is not None and change["table"] not in tables:
                continue
            kind = model(change["table"])
            item = await session.get(kind, tuple(change["key"]))
            if change["before"] is None:
                await session.delete(item)
            elif change["after"] is None:
                values = {name: _value(kind, name, value) for name, value in change["before"].items()}
                if item is not None:
                    values.pop("id")
                session.add(kind(**values))
            elif item is not None:
                await put_back(session, item, change["before"])


async def put_back(session: AsyncSession, item: SQLModel, before: Json) -> None:
    """Give a row its former values; work that a report left is begun anew, and work that it leaves is stopped."""
    was = item.status if isinstance(item, Report) else None
    for column, value in before.items():
        if column not in _GROWS:
            setattr(item, column, _value(type(item), column, value))
    if isinstance(item, Report) and item.status is not was:
        if item.status is Status.INVESTIGATING:
            item.status = Status.QUEUED  # an investigation that was cut off is not taken up, it begins again
        if item.status in _WORKING or was in _WORKING:
            item.round += 1
        if was in _WORKING:
            await stop_runs(session, item.id or 0, "taken back")
    session.add(item)


async def stop_runs(session: AsyncSession, report_id: int, why: str) -> None:
    """End what runs on a report; the engine cancels the work itself when it sees the report's move."""
    running = select(Run).where(Run.report_id == report_id, Run.status == "running")
    with session.no_autoflush:  # what the caller has changed so far is journaled with what it does next
        for run in (await session.exec(running)).all():
            run.status, run.ended_at, run.error = "stopped", now(), why
            session.add(run)
