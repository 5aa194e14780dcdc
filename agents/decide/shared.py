"""What the verbs share: the rows they act on, a move that is refused in words, and how one becomes a transaction."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Concatenate, Generic, ParamSpec

from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession

from agents.models import Change, Json, Report, Status
from agents.refusal import Refused
from agents.rights import why_not
from agents.services import Services
from agents.store.transitions import IllegalMove, move

P = ParamSpec("P")


class Verb(Generic[P]):
    """A verb: called with services it is one transaction; its `core` is for many in one (`bulk`).

    Args:
        core: does it in a write session: (session, who, report id, …) → the sentence for the person.
    """

    def __init__(self, core: Callable[Concatenate[AsyncSession, str, int, P], Awaitable[str]]) -> None:
        self.core = core
        self.__doc__ = core.__doc__

    async def __call__(self, services: Services, who: str, report_id: int, *args: P.args, **named: P.kwargs) -> str:
        """Do it.

        Raises:
            Refused: it may not be done; nothing has changed.
        """
        async with services.store.write() as session:
            return await self.core(session, who, report_id, *args, **named)


async def the_report(session: AsyncSession, report_id: int, verb: str = "", who: str = "") -> Report:
    """A report that can be acted on, with `verb` where one is named.

    Raises:
        Refused: there is none, it was joined into another, or it does not stand where the verb may be done.
    """
    report = await session.get(Report, report_id)
    if report is None:
        raise Refused(f"There is no report {report_id}; `loop reports` lists them.")
    if verb or report.status is Status.MERGED_INTO:
        state = (await session.exec(select(Change.state).where(Change.report_id == report_id))).first()
        if why := why_not(verb or "note", {**report.model_dump(), "change_state": state or ""}, who):
            raise Refused(why)
    return report


async def the_change(session: AsyncSession, report_id: int) -> Change:
    """The change of a report.

    Raises:
        Refused: it has none.
    """
    found = (await session.exec(select(Change).where(Change.report_id == report_id))).first()
    if found is None:
        raise Refused(f"Report {report_id} has no change; `loop show {report_id}` says where it stands.")
    return found


async def move_to(
    session: AsyncSession, report: Report, to: Status, who: str, why: str, action: str, moved: Sequence[Json] = ()
) -> None:
    """Move a report so that the person can take it back.

    Raises:
        Refused: it cannot go there from where it stands.
    """
    try:
        await move(session, report, to, who=who, why=why, action=action, undoable=True, moved=moved)
    except IllegalMove as error:
        raise Refused(f"{error} `loop show {report.id}` says what it waits for.") from error
