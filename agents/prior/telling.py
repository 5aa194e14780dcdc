"""What is said of work that exists: findings and ties in the store, and the question whether to wait for it."""

from __future__ import annotations

from collections.abc import Sequence

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from agents.harness import Ask, Choice
from agents.models import Finding, Question
from agents.prior.work import Work
from agents.store.links import link

WAIT, BUILD = "Wait for it", "Build a change of its own"


async def keep(session: AsyncSession, report_id: int, found: Sequence[Work]) -> None:
    """Write findings and ties, each once."""
    known = set((await session.exec(select(Finding.text).where(Finding.report_id == report_id))).all())
    for work in found:
        if work.text not in known:
            session.add(
                Finding(
                    report_id=report_id, text=work.text, verified=True, file=work.place.file,
                    function=work.place.function or None, line=work.place.line or None, commit=work.sha or None,
                )
            )  # fmt: skip
        if work.report_id is not None:
            await link(session, report_id, work.report_id, "same-place", work.text)


def undecided(found: Sequence[Work], settled: Sequence[str]) -> Work | None:
    """The first standing work that ends the failure, unless a person wanted a change of its own beside it."""
    return next((work for work in found if work.standing and work.settles and work.key not in settled), None)


def asked(work: Work) -> Ask:
    """Whether to wait for a work; looked at again by itself when that is merged or gone (`waiting`)."""
    text = (
        f"It waits for {work.short}: {work.text} Should there be a change besides it? Once that is merged or given up, "
        "this is looked at again by itself."
    )
    payload = {"prior": work.key, "sha": work.sha}
    return Ask(text, (Choice(WAIT, work.short, payload=payload), Choice(BUILD, payload=payload)))


async def answered(session: AsyncSession, report_id: int) -> tuple[list[str], bool]:
    """The works beside which people wanted a change all the same; whether the newest answer is about such a work."""
    mine = select(Question).where(Question.report_id == report_id, col(Question.answered_at).is_not(None))
    questions = (await session.exec(mine.order_by(col(Question.answered_at)))).all()
    about = [question for question in questions if _key(question)]
    settled = [_key(question) for question in about if question.choice != 1]
    return settled, bool(about) and questions[-1] is about[-1]


def _key(question: Question) -> str:
    """The work that a question is about; "" where it is about something else."""
    payload = (question.choices[0].get("payload") or {}) if question.choices else {}
    return str(payload.get("prior") or "")
