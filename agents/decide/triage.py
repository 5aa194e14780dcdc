"""Decline, answer, claim, start again, stop, and set the priority."""

from __future__ import annotations

from sqlmodel import col, select

from agents.decide.shared import move_to, the_report
from agents.models import Question, Run, Status, now
from agents.refusal import Refused
from agents.services import Services
from agents.store import journal

CLAIMS = {
    "already-fixed": "already fixed",
    "not-reproducible": "not reproducible",
    "wrong-analysis": "wrong analysis",
}

PREFERENCES = {"wont-fix": "won't fix", "intended": "intended", "not-now": "not now"}


async def decline(services: Services, who: str, report_id: int, reason: str, note: str = "") -> str:
    """Decline a report: a claim (which new evidence re-opens) or a preference (which it does not)."""
    key = reason.strip().lower().replace(" ", "-").replace("'", "")
    words = {**CLAIMS, **PREFERENCES}
    if key not in words and not reason.strip():
        raise Refused(f"Give a reason: {', '.join(words)}.")
    kind = "claim" if key in CLAIMS else "preference"
    why = f"{kind}: {words.get(key, reason.strip())}" + (f" — {note.strip()}" if note.strip() else "")
    async with services.store.write() as session:
        report = await the_report(session, report_id)
        await move_to(session, report, Status.DECLINED, who, why, "decline")
    return f"Declined report {report_id} ({why}). z takes it back."


async def answer(services: Services, who: str, report_id: int, text: str = "", choice: int | None = None) -> str:
    """Answer a report's question by choice (counting from 1) or in words, and start the work."""
    async with services.store.write() as session:
        report = await the_report(session, report_id)
        asked = select(Question).where(Question.report_id == report_id, col(Question.answered_at).is_(None))
        question = (await session.exec(asked.order_by(col(Question.id).desc()))).first()
        if question is None or report.status is not Status.NEEDS_INPUT:
            raise Refused(f"Report {report_id} is {report.status.value} and asks nothing.")
        if choice is not None and not 1 <= choice <= len(question.choices):
            count = len(question.choices)
            raise Refused(f"Choose 1 to {count}." if count else "This question has no choices; answer in words.")
        if choice is None and not text.strip():
            raise Refused("Give an answer in words or choose one with --choice N.")
        label = question.choices[choice - 1].get("label", "") if choice is not None else ""
        question.choice = choice
        question.answer = text.strip() or str(label)
        question.answered_by = who
        question.answered_at = now()
        session.add(question)
        await move_to(session, report, Status.PROPOSING, who, f"answer: {question.answer}", "answer")
    return f"Answered report {report_id}; the work starts."


async def claim(services: Services, who: str, report_id: int, *, release: bool = False) -> str:
    """Mark a report as being looked at by `who`, or take the mark away."""
    async with services.store.write() as session:
        report = await the_report(session, report_id)
        if not release and report.claimed_by not in (None, who):
            raise Refused(f"Report {report_id} is claimed by {report.claimed_by}; they can `loop release {report_id}`.")
        report.claimed_by = None if release else who
        session.add(report)
        await journal.record(session, who, "release" if release else "claim", report_id=report_id, undoable=True)
    return f"Released report {report_id}." if release else f"Report {report_id} is yours."


async def retry(services: Services, who: str, report_id: int) -> str:
    """Start a report's work again from the investigation."""
    async with services.store.write() as session:
        report = await the_report(session, report_id)
        await move_to(session, report, Status.QUEUED, who, f"retried by {who}", "retry")
    return f"Report {report_id} is queued again."


async def stop(services: Services, who: str, report_id: int) -> str:
    """Stop the work that runs on a report; the engine cancels it when it sees the move."""
    async with services.store.write() as session:
        report = await the_report(session, report_id)
        if report.status not in (Status.QUEUED, Status.INVESTIGATING, Status.PROPOSING):
            raise Refused(f"Nothing runs on report {report_id}: it is {report.status.value}.")
        await move_to(session, report, Status.FAILED, who, f"stopped by {who}", "stop")
        running = select(Run).where(Run.report_id == report_id, Run.status == "running")
        for run in (await session.exec(running)).all():
            run.status, run.ended_at, run.error = "stopped", now(), f"stopped by {who}"
            session.add(run)
    return f"Stopped report {report_id}."


async def set_priority(services: Services, who: str, report_id: int, priority: int, why: str) -> str:
    """Raise or lower a priority, with a reason."""
    if priority not in range(5):
        raise Refused("A priority is 0 (most urgent) to 4.")
    async with services.store.write() as session:
        report = await the_report(session, report_id)
        report.priority, report.priority_reason = priority, f"{why.strip() or 'set'} ({who})"
        session.add(report)
        await journal.record(session, who, "priority", report_id=report_id, why=report.priority_reason, undoable=True)
    return f"Report {report_id} is P{priority} now."
