"""Comments that a person has written and not sent: in the store at once, and theirs alone."""

from __future__ import annotations

from typing import Literal

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from agents.models import ChangeVersion, Draft, Json
from agents.refusal import Refused
from agents.review.carrying import Carrier
from agents.review.reading import present, text_of
from agents.review.versions import named
from agents.services import Services
from agents.store.read import iso

Side = Literal["new", "old"]


async def save(
    services: Services, who: str, report_id: int, path: str, line: int, text: str, *, side: Side = "new",
    start_line: int | None = None, head: str = "", draft_id: int | None = None,
) -> int:  # fmt: skip
    """Keep a draft; returns its id.

    Args:
        services: the project.
        who: the person writing.
        report_id: the report whose change it is about.
        path: the file, as it is called on that side.
        line: the line, or the last of a range; counts from 1.
        text: what is said.
        side: new: the line counts in the head; old: in the base.
        start_line: the first line of a range.
        head: the head that is on the screen; "": the present one.
        draft_id: the draft to write anew; None makes one.

    Raises:
        Refused: nothing was written, or there is no such place, head or draft.
    """
    draft = await compose(services, who, report_id, path, line, text, side=side, start_line=start_line, head=head)
    async with services.store.write() as session:
        if draft_id is not None:
            old = await _mine(session, who, draft_id)
            if old.report_id != report_id:
                raise Refused(f"Draft {draft_id} is about report {old.report_id}, not {report_id}.")
            draft = await session.merge(Draft(**{**draft.model_dump(), "id": old.id}))
        session.add(draft)
    assert draft.id is not None
    return draft.id


async def compose(
    services: Services, who: str, report_id: int, path: str, line: int, text: str, *, side: Side = "new",
    start_line: int | None = None, head: str = "",
) -> Draft:  # fmt: skip
    """A draft with the lines it stands on, in no store yet.

    Raises:
        Refused: nothing was written, or there is no such place or head.
    """
    if not text.strip():
        raise Refused("The comment is empty; write something, or drop the draft.")
    if side not in ("new", "old"):
        raise Refused(f"{side!r} is no side of a diff; say new or old.")
    change, versions = await present(services, report_id)
    version = named(versions, head or change.head_sha, report_id)
    start_line = None if start_line in (None, line) else start_line
    return Draft(
        report_id=report_id, who=who, head_sha=version.head_sha, path=path, side=side, start_line=start_line, line=line,
        quote=await _quote(services, version, path, side, start_line or line, line), text=text.strip(),
    )  # fmt: skip


async def _quote(services: Services, version: ChangeVersion, path: str, side: Side, first: int, last: int) -> str:
    commit = version.head_sha if side == "new" else version.base_sha
    # As git counts lines: a form feed or a line separator inside one does not end it.
    rows = (await text_of(services.repository, commit, path)).removesuffix("\n").split("\n")
    if not 1 <= first <= last <= len(rows) or rows == [""]:
        where = f"{path}:{last}" if first == last else f"{path}:{first}-{last}"
        raise Refused(f"There is no {where} at {commit[:9]}; name a line that the diff shows.")
    return "\n".join(rows[first - 1 : last])


async def _mine(session: AsyncSession, who: str, draft_id: int) -> Draft:
    draft = await session.get(Draft, draft_id)
    if draft is None or draft.who != who:
        raise Refused(f"You have no draft {draft_id}; `loop drafts ID` lists those of a report.")
    return draft


async def drop(services: Services, who: str, draft_id: int) -> str:
    """Throw a draft away.

    Raises:
        Refused: the person has no such draft.
    """
    async with services.store.write() as session:
        draft = await _mine(session, who, draft_id)
        await session.delete(draft)
    return f"Dropped the draft on {draft.path}:{draft.line}."


async def of(session: AsyncSession, who: str, report_id: int) -> list[Draft]:
    """The drafts of a person on a report, in the order of the diff."""
    mine = select(Draft).where(Draft.report_id == report_id, Draft.who == who)
    return list((await session.exec(mine.order_by(col(Draft.path), col(Draft.line), col(Draft.id)))).all())


async def drafts(services: Services, who: str, report_id: int) -> list[Json]:
    """The drafts of a person as {id, path, side, start_line, line, quote, text, head, at} and where it stands."""
    async with services.store.read() as session:
        found = await of(session, who, report_id)
    if not found:
        return []
    change, versions = await present(services, report_id)
    carrier = Carrier(services.repository, versions, named(versions, change.head_sha, report_id))
    result = []
    for draft in found:
        there = await carrier.carry(
            head=draft.head_sha, round=0, side=draft.side, path=draft.path, start=draft.start_line, line=draft.line
        )
        result.append({
            "id": draft.id, "path": draft.path, "side": draft.side, "start_line": draft.start_line,
            "line": draft.line, "quote": draft.quote, "text": draft.text, "head": draft.head_sha, "at": iso(draft.at),
            **there.as_json(),
        })  # fmt: skip
    return result
