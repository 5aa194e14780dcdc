"""The one table of moves between report states, and the one function that makes a move."""

from __future__ import annotations

from collections.abc import Sequence

from sqlmodel.ext.asyncio.session import AsyncSession

from agents.models import Json, Report, Status, now
from agents.store import journal

S = Status

# from → the states a report may move to. A person's moves and the engine's stand side by side: who made one
# is in the journal.
MOVES: dict[Status, frozenset[Status]] = {
    S.GATHERING: frozenset({S.QUEUED, S.DECLINED, S.MERGED_INTO}),
    S.QUEUED: frozenset({S.INVESTIGATING, S.GATHERING, S.DECLINED, S.MERGED_INTO, S.FAILED}),
    S.INVESTIGATING: frozenset(
        {S.NEEDS_INPUT, S.NOT_ACTIONABLE, S.PROPOSING, S.QUEUED, S.DECLINED, S.FAILED, S.MERGED_INTO}
    ),
    S.NEEDS_INPUT: frozenset({S.PROPOSING, S.QUEUED, S.DECLINED, S.NOT_ACTIONABLE, S.MERGED_INTO}),
    S.NOT_ACTIONABLE: frozenset({S.QUEUED, S.PROPOSING, S.DECLINED, S.MERGED_INTO}),
    S.PROPOSING: frozenset({S.REVIEW, S.NEEDS_INPUT, S.NOT_ACTIONABLE, S.FAILED, S.DECLINED, S.QUEUED, S.MERGED_INTO}),
    S.REVIEW: frozenset({S.SHIPPED, S.PROPOSING, S.DECLINED, S.QUEUED, S.FAILED, S.MERGED_INTO}),
    S.SHIPPED: frozenset({S.MEASURED, S.QUEUED, S.REVIEW, S.FAILED}),
    S.MEASURED: frozenset({S.QUEUED, S.FAILED}),
    S.FAILED: frozenset({S.QUEUED, S.PROPOSING, S.SHIPPED, S.DECLINED, S.MERGED_INTO}),
    S.DECLINED: frozenset({S.QUEUED, S.GATHERING}),
    S.MERGED_INTO: frozenset({S.GATHERING}),
}


class IllegalMove(Exception):
    """A report cannot go from where it stands to where it was sent."""


# What the engine says by these moves is news to people; so is every report that it opens again.
_NEWS = frozenset({S.REVIEW, S.NEEDS_INPUT, S.FAILED, S.MEASURED})
_CLOSED = frozenset({S.NOT_ACTIONABLE, S.FAILED, S.DECLINED})


async def move(
    session: AsyncSession, report: Report, to: Status, *, who: str, why: str, action: str = "", undoable: bool = False,
    moved: Sequence[Json] = (),
) -> None:  # fmt: skip
    """Move `report` to `to` and journal it, in the caller's transaction.

    Each entry into `queued` or `proposing` starts a new round: the round is part of the workflow's id, so
    the same work is never started twice, and new work always is.

    Raises:
        IllegalMove: the table has no such move.
    """
    if to not in MOVES[report.status]:
        raise IllegalMove(f"Report {report.id} is {report.status.value}; it cannot become {to.value} from there.")
    if to in (S.QUEUED, S.PROPOSING):
        report.round += 1
    if who == "loop" and (to in _NEWS or (to is S.QUEUED and report.status in _CLOSED)):
        report.news_at = now()
    if to is not S.DECLINED:
        report.declined_as = ""
    report.status = to
    report.status_reason = why
    report.updated_at = now()
    session.add(report)
    await journal.record(session, who, action or to.value, report_id=report.id, why=why, undoable=undoable, moved=moved)
