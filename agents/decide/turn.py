"""Undo, redo, and the history they work on.

What a verb did to rows is taken back by the journal alone. A verb whose effect is more than the rows it names has an
entry here: `_ROWS` for what can be done in the same transaction (joining and splitting move signals, and signals that
came meanwhile belong somewhere), `OUTSIDE` for what reaches beyond the store (a merge reaches into git).
"""

from __future__ import annotations

import uuid
from collections.abc import Awaitable, Callable, Sequence
from types import ModuleType

from sqlmodel import col, or_, select
from sqlmodel.ext.asyncio.session import AsyncSession

from agents.decide import grouping
from agents.decide.merge import merge_stands, undo_merge
from agents.models import JournalEntry, Json, Report
from agents.refusal import Refused
from agents.services import Services
from agents.store import journal, turning
from agents.store.read import iso

Done = Callable[[AsyncSession], Awaitable[None]]  # marks the entry as taken back, in the given write session
# Services, who, the entry, and `done`, to be awaited in the transaction that finishes the undo; the sentence for the
# person. Raises Refused when it cannot be taken back. What it did is not put back by `redo`.
Outside = Callable[[Services, str, JournalEntry, Done], Awaitable[str]]
Stands = Callable[[Services, JournalEntry], Awaitable[str]]  # why it cannot be taken back, "" when it can

OUTSIDE: dict[str, tuple[Outside, Stands]] = {"merge": (undo_merge, merge_stands)}
_ROWS: dict[str, ModuleType] = {"join": grouping, "split": grouping}  # each has `obstacle` and `turn_back`


async def turn(services: Services, who: str, entry_id: int | None = None, *, redo: bool = False) -> str:
    """Undo (or redo) what this person did.

    Without an entry: the newest that stands (for redo: the one that was undone last, while nothing was done since),
    with all of its batch. With one: that entry alone, as far as nothing newer depends on it.

    Raises:
        Refused: there is none, or something changed since; the sentence says what.
    """
    async with services.store.write() as session:
        roots = [await _named(session, who, entry_id)] if entry_id is not None else await _next(session, who, redo)
        beyond = OUTSIDE.get(roots[0].action)
        if beyond is None or redo:
            try:
                return await _turn_all(session, who, roots, redo)
            except Refused as error:
                older = "" if redo or entry_id is not None else " An older decision: `loop history` has its number."
                raise Refused(f"{error}{older}") from error
    root = roots[0]
    undo, _ = beyond
    return await undo(services, who, root, lambda session: _mark(session, who, root, redo=False))


async def _named(session: AsyncSession, who: str, entry_id: int) -> JournalEntry:
    entry = await session.get(JournalEntry, entry_id)
    if entry is None:
        raise Refused(f"There is no entry {entry_id}; `loop history` lists them.")
    if why := _never(entry, who):
        raise Refused(why)
    return entry


def _never(entry: JournalEntry, who: str) -> str:
    """Why this entry is not this person's to take back, whatever stands now."""
    if entry.turns is not None:
        return f"Entry {entry.id} is itself an {entry.action}; take back entry {entry.turns} or use redo."
    if entry.who != who:
        return f"Entry {entry.id} was made by {entry.who}, and only they can take it back."
    if entry.undone:
        return f"Entry {entry.id} (“{entry.action}”) is taken back already."
    if not entry.undoable:
        hint = f": {entry.undo_hint}" if entry.undo_hint else ""
        return f"“{entry.action}” cannot be taken back here{hint}."
    return ""


async def _next(session: AsyncSession, who: str, redo: bool) -> Sequence[JournalEntry]:
    """What undo or redo is about: one entry, or a batch in the order in which to turn it."""
    mine = select(JournalEntry).where(JournalEntry.who == who)
    newest = col(JournalEntry.id).desc()
    if redo:
        root = await _undone_last(session, who)
    else:
        standing = mine.where(col(JournalEntry.undoable).is_(True), col(JournalEntry.undone).is_(False))
        root = (await session.exec(standing.order_by(newest).limit(1))).first()
    if root is None:
        raise Refused("Nothing to redo." if redo else "Nothing to undo.")
    if redo:
        return await _undone_with(session, root)
    if not root.batch:
        return [root]
    batch = mine.where(
        JournalEntry.batch == root.batch, col(JournalEntry.undoable).is_(True), col(JournalEntry.undone).is_(False)
    )
    return (await session.exec(batch.order_by(newest))).all()


async def _undone_with(session: AsyncSession, root: JournalEntry) -> Sequence[JournalEntry]:
    """What was undone by the same undo as `root`, oldest first: not what of its batch was undone at another time."""
    last = await turning.last_of(session, root)
    if not last.batch:
        return [root]
    roots = select(JournalEntry.turns).where(JournalEntry.batch == last.batch)
    together = select(JournalEntry).where(col(JournalEntry.id).in_(roots), col(JournalEntry.undone).is_(True))
    return (await session.exec(together.order_by(col(JournalEntry.id)))).all()


async def _undone_last(session: AsyncSession, who: str) -> JournalEntry | None:
    """The entry this person undid last, unless they did something new since."""
    mine = select(JournalEntry).where(JournalEntry.who == who).order_by(col(JournalEntry.id).desc())
    act = (await session.exec(mine.where(col(JournalEntry.undoable).is_(True)).limit(1))).first()
    since = act.id if act is not None else 0
    undos = mine.where(
        JournalEntry.action == "undo", col(JournalEntry.turns).is_not(None), col(JournalEntry.id) > since
    )
    for entry in (await session.exec(undos)).all():
        root = await session.get_one(JournalEntry, entry.turns)
        if root.undone and (await turning.last_of(session, root)).id == entry.id:
            return root
    return None


async def _turn_all(session: AsyncSession, who: str, roots: Sequence[JournalEntry], redo: bool) -> str:
    """Turn each that can be; those that cannot are told, and are an error when none can."""
    session.info[journal.BATCH] = uuid.uuid4().hex if len(roots) > 1 else ""
    done: list[JournalEntry] = []
    stuck: list[str] = []
    for root in roots:
        last = await turning.last_of(session, root)
        if why := await _obstacle(session, root, last, redo):
            stuck.append(why)
            continue
        moved: list[Json] = []
        if (own := _ROWS.get(root.action)) is not None:
            moved = await own.turn_back(session, root, last)
        else:
            await turning.reverse(session, last)
        await _mark(session, who, root, redo=redo, moved=moved)
        done.append(root)
    if not done:
        raise Refused(stuck[0] + (f" The same holds for {len(stuck) - 1} more." if len(stuck) > 1 else ""))
    about = f" on report {done[0].report_id}" if len(done) == 1 else f" on {len(done)} reports"
    rest = f" Not on {len(stuck)} more: {stuck[0]}" if stuck else ""
    return f"{'Put back' if redo else 'Took back'} “{done[0].action}”{about}.{rest}"


async def _obstacle(session: AsyncSession, root: JournalEntry, last: JournalEntry, redo: bool) -> str:
    try:
        if (own := _ROWS.get(root.action)) is not None:
            return str(await own.obstacle(session, root, last))
        if root.action in OUTSIDE and redo:
            return f"“{root.action}” reached beyond Loop and is not put back; do it again."
        return await turning.obstacle(session, root, last)
    except turning.CannotTurn as error:
        return str(error)


async def _mark(
    session: AsyncSession, who: str, root: JournalEntry, *, redo: bool, moved: Sequence[Json] = ()
) -> None:  # fmt: skip
    """Write down that an entry was taken back (or put back)."""
    verb = "redo" if redo else "undo"
    why = f"{verb} of {root.action}"
    await journal.record(session, who, verb, report_id=root.report_id, why=why, turns=root.id, moved=moved)
    kept = await session.get_one(JournalEntry, root.id)
    kept.undone = not redo
    session.add(kept)
    await session.flush()


async def history(services: Services, who: str, limit: int = 200, everyone: bool = False) -> list[Json]:
    """What people decided, newest first, and whether `who` could take each back now.

    Returns dicts of id, at, who, action, report_id, title, why, undone, batch, can_undo, why_not.
    """
    async with services.store.read() as session:
        rows = (
            select(JournalEntry, Report.title)
            .join(Report, col(Report.id) == col(JournalEntry.report_id), isouter=True)
            .where(or_(col(JournalEntry.undoable).is_(True), col(JournalEntry.action).like("quarantine %")))
            .order_by(col(JournalEntry.id).desc())
            .limit(limit)
        )
        if not everyone:
            rows = rows.where(JournalEntry.who == who)
        found = (await session.exec(rows)).all()
        told = [await _told(session, who, entry, title) for entry, title in found]
    asked: dict[str, int] = {}  # what reached beyond the store: the newest of each kind, which the older ones are below
    for (entry, _), line in zip(found, told, strict=True):
        if not line["can_undo"] or entry.action not in OUTSIDE:
            continue
        if entry.action in asked:
            why = f"“{entry.action}” of report {asked[entry.action]} came after it; take that back first."
        else:
            _, stands = OUTSIDE[entry.action]
            asked[entry.action], why = entry.report_id or 0, await stands(services, entry)
        line["can_undo"], line["why_not"] = not why, why
    return told


async def _told(session: AsyncSession, who: str, entry: JournalEntry, title: str | None) -> Json:
    why_not = _never(entry, who)
    if not why_not:
        why_not = await _obstacle(session, entry, await turning.last_of(session, entry), redo=False)
    return {
        "id": entry.id, "at": iso(entry.at), "who": entry.who, "action": entry.action, "report_id": entry.report_id,
        "title": title or "", "why": entry.why, "undone": entry.undone, "batch": entry.batch,
        "can_undo": not why_not, "why_not": why_not,
    }  # fmt: skip
