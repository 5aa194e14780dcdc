"""Reports that wait for somebody else's work are looked at again when that is merged or gone."""

from __future__ import annotations

from sqlmodel import col, select

from agents.models import Change, Json, Question, Report, Status
from agents.prior.work import standing
from agents.services import Services
from agents.store.transitions import move


async def release(services: Services) -> list[int]:
    """Queue the reports whose wait is over; returns them.

    Raises:
        GitError: the base cannot be read.
    """
    async with services.store.read() as session:
        waiting = select(Question, Report).where(
            Question.report_id == Report.id, Report.status == Status.NEEDS_INPUT, col(Question.answered_at).is_(None),
            Question.round == Report.round,
        )  # fmt: skip
        rows = (await session.exec(waiting)).all()
    over: list[int] = []
    for question, report in rows:
        payload: Json = (question.choices[0].get("payload") or {}) if question.choices else {}
        if payload.get("prior") and (why := await _over(services, payload)):
            async with services.store.write() as session:
                standing = await session.get_one(Report, report.id)
                if standing.status is Status.NEEDS_INPUT and standing.round == report.round:
                    await move(session, standing, Status.QUEUED, who="loop", why=why)
                    over.append(standing.id or 0)
    return over


async def _over(services: Services, payload: Json) -> str:
    """Why a wait is over, as a sentence; "" while it is not."""
    kind, _, name = str(payload["prior"]).partition(":")
    if kind == "report":
        return await _change_gone(services, int(name))
    repository = services.repository
    head = await repository.resolve(f"refs/heads/{name}") or await repository.resolve(f"refs/remotes/{name}")
    base = await repository.resolve(await repository.base_branch(services.settings.base)) or ""
    if head is None:
        return f"The branch {name}, for which it waited, is gone."
    return f"The branch {name}, for which it waited, is merged." if await repository.is_ancestor(head, base) else ""


async def _change_gone(services: Services, report_id: int) -> str:
    async with services.store.read() as session:
        report = await session.get(Report, report_id)
        change = (await session.exec(select(Change).where(Change.report_id == report_id))).first()
    if report is None or change is None:
        return f"#{report_id}'s change, for which it waited, is gone."
    if standing(change, report):
        return ""
    ended = change.state if change.state in ("merged", "reverted", "closed") else "no longer offered"
    return f"#{report_id}'s change, for which it waited, is {ended}."
