"""Decline, suppress, answer, claim, start again, stop, note, and set the priority."""

from __future__ import annotations

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from agents.decide.shared import Verb, move_to, the_report
from agents.models import Note, Question, Report, Seen, Status, now
from agents.refusal import Refused
from agents.rights import CLAIMS, PREFERENCES
from agents.store import journal, turning

_SUPPRESSED = "suppressed"
_OTHER = "other"  # a reason in the person's own words


async def _decline(session: AsyncSession, who: str, report_id: int, reason: str, note: str = "") -> str:
    """Decline a report: a claim (which new evidence re-opens) or a preference (which it does not)."""
    key = reason.strip().lower().replace(" ", "-").replace("'", "")
    words = {**CLAIMS, **PREFERENCES}
    if key not in words and not reason.strip():
        raise Refused(f"Give a reason: {', '.join(words)}.")
    kind = "claim" if key in CLAIMS else "preference"
    why = f"{kind}: {words.get(key, reason.strip())}" + (f" — {note.strip()}" if note.strip() else "")
    report = await the_report(session, report_id, "decline")
    report.declined_as = key if key in words else _OTHER
    if note.strip():
        said = f"declined as {words.get(key, reason.strip())}: {note.strip()}"
        session.add(Note(report_id=report_id, who=who, kind="decline", text=said))
    with session.no_autoflush:
        await turning.stop_runs(session, report_id, f"declined by {who}")
        await move_to(session, report, Status.DECLINED, who, why, "decline")
    return f"Declined report {report_id} ({why})."


decline = Verb(_decline)


async def _suppress(session: AsyncSession, who: str, report_id: int, why: str = "") -> str:
    """Decline a report for good: its further signals are counted and never bring it back."""
    report = await the_report(session, report_id, "suppress")
    report.suppressed, report.declined_as = True, _SUPPRESSED
    session.add(report)
    said = "suppressed" + (f" — {why.strip()}" if why.strip() else "")
    with session.no_autoflush:
        if report.status is Status.DECLINED:
            report.status_reason = said
            await journal.record(session, who, "suppress", report_id=report_id, why=said, undoable=True)
        else:
            await turning.stop_runs(session, report_id, f"suppressed by {who}")
            await move_to(session, report, Status.DECLINED, who, said, "suppress")
    return f"Suppressed report {report_id}: its further signals are only counted."


suppress = Verb(_suppress)


async def _unsuppress(session: AsyncSession, who: str, report_id: int) -> str:
    """Listen to a suppressed report's signals again: it gathers anew."""
    report = await the_report(session, report_id, "unsuppress")
    report.suppressed = False
    await move_to(session, report, Status.GATHERING, who, f"no longer suppressed ({who})", "unsuppress")
    return f"Report {report_id} gathers signals again; `loop retry {report_id}` starts its work now."


unsuppress = Verb(_unsuppress)


async def _answer(session: AsyncSession, who: str, report_id: int, text: str = "", choice: int | None = None) -> str:
    """Answer a report's question by choice (counting from 1) or in words, and start the work."""
    report = await the_report(session, report_id, "answer")
    asked = select(Question).where(Question.report_id == report_id, col(Question.answered_at).is_(None))
    question = (await session.exec(asked.order_by(col(Question.id).desc()))).first()
    if question is None:
        raise Refused(f"Report {report_id} asks nothing; `loop retry {report_id}` investigates it again.")
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


answer = Verb(_answer)


async def _claim(session: AsyncSession, who: str, report_id: int) -> str:
    """Mark a report as being looked at by `who`."""
    report = await the_report(session, report_id, "claim", who)
    if report.claimed_by == who:
        return f"Report {report_id} is yours already."
    report.claimed_by = who
    session.add(report)
    await journal.record(session, who, "claim", report_id=report_id, undoable=True)
    return f"Report {report_id} is yours."


claim = Verb(_claim)


async def _release(session: AsyncSession, who: str, report_id: int) -> str:
    """Take the mark of whoever claimed a report away."""
    report = await the_report(session, report_id, "release")
    report.claimed_by = None
    session.add(report)
    await journal.record(session, who, "release", report_id=report_id, undoable=True)
    return f"Released report {report_id}."


release = Verb(_release)


async def _retry(session: AsyncSession, who: str, report_id: int) -> str:
    """Start a report's work again from the investigation."""
    report = await the_report(session, report_id, "retry")
    report.suppressed = False
    await move_to(session, report, Status.QUEUED, who, f"retried by {who}", "retry")
    return f"Report {report_id} is queued again."


retry = Verb(_retry)


async def _stop(session: AsyncSession, who: str, report_id: int) -> str:
    """Stop the work that runs on a report; the engine cancels it when it sees the move."""
    report = await the_report(session, report_id, "stop")
    await turning.stop_runs(session, report_id, f"stopped by {who}")
    await move_to(session, report, Status.FAILED, who, f"stopped by {who}", "stop")
    return f"Stopped report {report_id}."


stop = Verb(_stop)


async def _set_priority(session: AsyncSession, who: str, report_id: int, priority: int, why: str = "") -> str:
    """Raise or lower a priority, with a reason."""
    if priority not in range(5):
        raise Refused("A priority is 0 (most urgent) to 4.")
    report = await the_report(session, report_id, "priority")
    report.priority, report.priority_reason = priority, f"{why.strip() or 'set'} ({who})"
    session.add(report)
    await journal.record(session, who, "priority", report_id=report_id, why=report.priority_reason, undoable=True)
    return f"Report {report_id} is P{priority} now."


set_priority = Verb(_set_priority)


async def _note(session: AsyncSession, who: str, report_id: int, text: str) -> str:
    """Write down what later work on this report, and on reports like it, should know."""
    if not text.strip():
        raise Refused("Say what should be known, with -m TEXT.")
    report = await the_report(session, report_id, "note")
    session.add(Note(report_id=report_id, who=who, kind="note", text=text.strip()))
    await journal.record(session, who, "note", report_id=report_id, why=text.strip(), undoable=True)
    await tell_others(session, report, who)
    return f"Noted on report {report_id}; the next run reads it."


note = Verb(_note)


async def tell_others(session: AsyncSession, report: Report, who: str) -> None:
    """A person said something about a report: it is news to all but them."""
    report.news_at = now()
    session.add(report)
    seen = await session.get(Seen, (report.id, who)) or Seen(report_id=report.id or 0, who=who)
    seen.at = report.news_at
    session.add(seen)
    await session.flush()
