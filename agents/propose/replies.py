"""Answers to what people commented: each comment of a request gets one, on its own lines."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlmodel.ext.asyncio.session import AsyncSession

from agents.harness import Comment
from agents.models import ReviewComment, Severity


def reply(
    session: AsyncSession, change_id: int, round: int, comments: Sequence[Comment], said: Mapping[int, str],
    otherwise: str,
) -> None:  # fmt: skip
    """Answer each comment.

    Args:
        session: where.
        change_id: the change they are on.
        round: the round of work that they led to.
        comments: those that wait for an answer.
        said: answers by the comment's id.
        otherwise: the answer of those that have none there.
    """
    session.add_all(
        ReviewComment(
            change_id=change_id, round=round, author="loop", severity=Severity.CONSIDER, path=each.path,
            line=each.line, start_line=each.start_line, side=each.side, quote=each.quote, head_sha=each.head_sha,
            text=said.get(each.id) or otherwise, reply_to=each.id,
        )
        for each in comments
    )  # fmt: skip
