"""What was said of a change in all its rounds, each on the line where it stands now."""

from __future__ import annotations

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from agents.models import Change, Json, Review, ReviewComment
from agents.review.carrying import Carrier
from agents.review.reading import change_of
from agents.review.versions import history, named
from agents.services import Services
from agents.store.read import iso

KINDS = ("approve", "comment", "request-changes")


async def reviews(session: AsyncSession, change: Change) -> list[Review]:
    """The reviews of a change, oldest first."""
    sent = select(Review).where(Review.change_id == change.id).order_by(col(Review.id))
    return list((await session.exec(sent)).all())


async def waiting(session: AsyncSession, change: Change) -> list[ReviewComment]:
    """What people asked for that nobody has answered, oldest first."""
    asked = select(Review.id).where(Review.change_id == change.id, Review.kind == "request-changes")
    answered = select(ReviewComment.reply_to).where(
        ReviewComment.change_id == change.id, col(ReviewComment.reply_to).is_not(None)
    )
    found = select(ReviewComment).where(
        ReviewComment.change_id == change.id, col(ReviewComment.by_person).is_(True),
        col(ReviewComment.review_id).in_(asked), col(ReviewComment.id).not_in(answered),
    )  # fmt: skip
    return list((await session.exec(found.order_by(col(ReviewComment.id)))).all())


async def comments(services: Services, report_id: int) -> list[Json]:
    """The comments on a change, oldest first.

    Each as {id, path, side, start_line, line, text, author, by_person, severity, at, round, head, quote, reply_to,
    review_id} and where it stands now: {now_path, now_start, now_line, outdated}.

    Raises:
        Refused: there is no change to read.
    """
    async with services.store.read() as session:
        change = await change_of(session, report_id)
        versions = await history(session, change)
        of_change = select(ReviewComment).where(ReviewComment.change_id == change.id)
        found = (await session.exec(of_change.order_by(col(ReviewComment.id)))).all()
    carrier = Carrier(services.repository, versions, named(versions, change.head_sha, report_id))
    result: list[Json] = []
    for row in found:
        there = await carrier.carry(
            head=row.head_sha, round=row.round, side=row.side, path=row.path, start=row.start_line, line=row.line
        )
        result.append({
            "id": row.id, "path": row.path, "side": row.side, "start_line": row.start_line, "line": row.line,
            "text": row.text, "author": row.author, "by_person": row.by_person, "severity": row.severity.value,
            "at": iso(row.at), "round": row.round, "head": row.head_sha, "quote": row.quote, "reply_to": row.reply_to,
            "review_id": row.review_id, **there.as_json(),
        })  # fmt: skip
    return result
