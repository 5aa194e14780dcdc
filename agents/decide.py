"""What a person decides: the verbs behind every key and command, each one transaction with its journal entry.

Every verb answers with a sentence for the person, and refuses with `Refused`, whose sentence names the next step.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from agents.models import (
    Change,
    Question,
    Report,
    ReportKey,
    ReportUser,
    ReviewComment,
    Run,
    Severity,
    Signal,
    SignalState,
    Status,
    now,
)
from agents.refusal import Refused
from agents.repository import GitError
from agents.services import Services
from agents.ship import ForgeError
from agents.store import journal
from agents.store.transitions import IllegalMove, move

CLAIMS = {
    "already-fixed": "already fixed",
    "not-reproducible": "not reproducible",
    "wrong-analysis": "wrong analysis",
}
PREFERENCES = {"wont-fix": "won't fix", "intended": "intended", "not-now": "not now"}
_CONDITION = re.compile(r"(users|signals)\s*>\s*(\d+)")
_SPAN = re.compile(r"(\d+)\s*(m|min|h|d|w)")
_UNITS = {
    "m": timedelta(minutes=1), "min": timedelta(minutes=1), "h": timedelta(hours=1), "d": timedelta(days=1),
    "w": timedelta(weeks=1),
}  # fmt: skip


async def _report(session: AsyncSession, report_id: int) -> Report:
    report = await session.get(Report, report_id)
    if report is None:
        raise Refused(f"There is no report {report_id}; `loop reports` lists them.")
    if report.status is Status.MERGED_INTO:
        raise Refused(f"Report {report_id} was joined into {report.merged_into}; act on that one.")
    return report


async def _change(session: AsyncSession, report_id: int) -> Change:
    found = (await session.exec(select(Change).where(Change.report_id == report_id))).first()
    if found is None:
        raise Refused(f"Report {report_id} has no change; `loop show {report_id}` says where it stands.")
    return found


async def _move(session: AsyncSession, report: Report, to: Status, who: str, why: str, action: str) -> None:
    try:
        await move(session, report, to, who=who, why=why, action=action, undoable=True)
    except IllegalMove as error:
        raise Refused(f"{error} `loop show {report.id}` says what it waits for.") from error


async def merge(services: Services, who: str, report_id: int, head: str = "") -> str:
    """Merge the change of a report into its base.

    The change is marked `merging` first, so that a process killed at any later point leaves a mark by which
    `settle` finishes or takes back the merge.

    Args:
        services: the project.
        who: the person merging.
        report_id: the report.
        head: the head that was reviewed, or a prefix of at least 7 characters; empty: the one on record.
    """
    async with services.store.write() as session:
        report = await _report(session, report_id)
        change = await _change(session, report_id)
        if change.state == "merged":
            return f"Report {report_id} was merged already, as {(change.merged_sha or '')[:9]}."
        if report.status is not Status.REVIEW or change.state not in ("open", "merging"):
            raise Refused(f"Report {report_id} is {report.status.value}, not ready to merge.")
        if head and (len(head) < 7 or not change.head_sha.startswith(head)):
            raise Refused(
                f"The change is at {change.head_sha[:9]}, not at {head}: it moved since you looked. "
                f"Read it again with `loop diff {report_id}`."
            )
        if change.state == "open":
            change.state = "merging"
            change.merged_at = now().replace(microsecond=0)
            change.merged_by = who
            session.add(change)
            await journal.record(session, who, "merging", report_id=report_id, why=f"head {change.head_sha[:9]}")
    try:
        return await _finish_merge(services, change, who)
    except (ForgeError, GitError) as error:
        await _take_back(services, report_id, who, str(error))
        raise Refused(str(error)) from error


async def _finish_merge(services: Services, change: Change, who: str) -> str:
    sha = await services.forge.merge(
        branch=change.branch, base=change.base, base_sha=change.base_sha, head_sha=change.head_sha,
        message=_merge_message(change), who=who, at=change.merged_at or now(),
    )  # fmt: skip
    async with services.store.write() as session:
        report = await _report(session, change.report_id)
        kept = await _change(session, change.report_id)
        if kept.state != "merged":
            kept.state, kept.merged_sha = "merged", sha
            session.add(kept)
            hint = f"git revert -m 1 {sha[:12]}"
            await move(session, report, Status.SHIPPED, who=who, why=f"merged as {sha[:9]}", action="merge")
            await journal.record(session, who, "merged", report_id=report.id, why=sha, undo_hint=hint)
    await services.forge.close(branch=change.branch, head_sha=change.head_sha)
    return f"Merged {change.head_sha[:9]} into {change.base} as {sha[:9]}; measuring starts when it is live."


def _merge_message(change: Change) -> str:
    title = " ".join(change.title.split())
    return f"Merge: {title}\n\nReviewed-head: {change.head_sha}\nLoop-Report: {change.report_id}\n"


async def _take_back(services: Services, report_id: int, who: str, why: str) -> None:
    async with services.store.write() as session:
        change = await _change(session, report_id)
        if change.state == "merging":
            change.state, change.merged_at, change.merged_by = "open", None, None
            session.add(change)
            await journal.record(session, who, "merge refused", report_id=report_id, why=why)


async def settle(services: Services) -> list[int]:
    """Finish or take back the merges that a killed process left half done; returns their reports."""
    async with services.store.read() as session:
        half = (await session.exec(select(Change).where(Change.state == "merging"))).all()
    for change in half:
        who = change.merged_by or "loop"
        try:
            await _finish_merge(services, change, who)
        except (ForgeError, GitError) as error:
            await _take_back(services, change.report_id, who, str(error))
    return [change.report_id for change in half]


async def decline(services: Services, who: str, report_id: int, reason: str, note: str = "") -> str:
    """Decline a report: a claim (which new evidence re-opens) or a preference (which it does not)."""
    key = reason.strip().lower().replace(" ", "-").replace("'", "")
    words = {**CLAIMS, **PREFERENCES}
    if key not in words and not reason.strip():
        raise Refused(f"Give a reason: {', '.join(words)}.")
    kind = "claim" if key in CLAIMS else "preference"
    why = f"{kind}: {words.get(key, reason.strip())}" + (f" — {note.strip()}" if note.strip() else "")
    async with services.store.write() as session:
        report = await _report(session, report_id)
        await _move(session, report, Status.DECLINED, who, why, "decline")
    return f"Declined report {report_id} ({why}). z takes it back."


async def answer(services: Services, who: str, report_id: int, text: str = "", choice: int | None = None) -> str:
    """Answer a report's question by choice (counting from 1) or in words, and start the work."""
    async with services.store.write() as session:
        report = await _report(session, report_id)
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
        await _move(session, report, Status.PROPOSING, who, f"answer: {question.answer}", "answer")
    return f"Answered report {report_id}; the work starts."


async def request_changes(services: Services, who: str, report_id: int, text: str, at: str = "") -> str:
    """Ask for changes; `at` is FILE:LINE of the head, or empty for the whole change."""
    if not text.strip():
        raise Refused("Say what should change, with -m TEXT.")
    path, line = _place(at)
    async with services.store.write() as session:
        report = await _report(session, report_id)
        change = await _change(session, report_id)
        if report.status is not Status.REVIEW or change.state != "open":
            raise Refused(f"Report {report_id} is {report.status.value}; changes are asked of one that is in review.")
        comment = ReviewComment(
            change_id=change.id or 0, round=change.round, author=who, by_person=True, severity=Severity.MUST_FIX,
            path=path, line=line, text=text.strip(),
        )  # fmt: skip
        session.add(comment)
        await _move(session, report, Status.PROPOSING, who, text.strip(), "request-changes")
    return f"Asked for changes on report {report_id}; the work starts."


def _place(at: str) -> tuple[str | None, int | None]:
    if not at:
        return None, None
    path, colon, line = at.rpartition(":")
    if not colon or not line.isdigit():
        raise Refused(f"{at!r} is no place; write FILE:LINE.")
    return path, int(line)


def parse_until(text: str) -> tuple[datetime | None, str]:
    """When a snooze ends: a span (`1h`, `2d`), a moment (ISO 8601), `tomorrow`, or a condition (`users>50`).

    Raises:
        Refused: it is none of these.
    """
    value = text.strip().lower()
    if match := _CONDITION.fullmatch(value):
        return None, f"{match[1]}>{match[2]}"
    if match := _SPAN.fullmatch(value):
        return now() + int(match[1]) * _UNITS[match[2]], ""
    if value == "tomorrow":
        here = datetime.now().astimezone()
        return (here + timedelta(days=1)).replace(hour=9, minute=0, second=0, microsecond=0).astimezone(UTC), ""
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError:
        raise Refused(
            f"{text!r} is no time; write 1h, 2d, tomorrow, 2026-01-31T09:00, users>50 or signals>100."
        ) from None
    moment = moment.astimezone(UTC)
    if moment <= now():
        raise Refused(f"{text!r} is in the past; give a later time.")
    return moment, ""


async def snooze(services: Services, who: str, report_id: int, until: str) -> str:
    """Hide a report until a time or a condition; empty `until` ends a snooze."""
    moment, condition = parse_until(until) if until.strip() else (None, "")
    async with services.store.write() as session:
        report = await _report(session, report_id)
        report.snoozed_until, report.snooze_condition = moment, condition
        session.add(report)
        why = condition or (moment.isoformat(timespec="minutes") if moment else "")
        await journal.record(session, who, "snooze" if why else "wake", report_id=report_id, why=why, undoable=True)
    return f"Snoozed report {report_id} until {why}." if why else f"Report {report_id} is awake again."


async def claim(services: Services, who: str, report_id: int, *, release: bool = False) -> str:
    """Mark a report as being looked at by `who`, or take the mark away."""
    async with services.store.write() as session:
        report = await _report(session, report_id)
        if not release and report.claimed_by not in (None, who):
            raise Refused(f"Report {report_id} is claimed by {report.claimed_by}; they can `loop release {report_id}`.")
        report.claimed_by = None if release else who
        session.add(report)
        await journal.record(session, who, "release" if release else "claim", report_id=report_id, undoable=True)
    return f"Released report {report_id}." if release else f"Report {report_id} is yours."


async def retry(services: Services, who: str, report_id: int) -> str:
    """Start a report's work again from the investigation."""
    async with services.store.write() as session:
        report = await _report(session, report_id)
        await _move(session, report, Status.QUEUED, who, f"retried by {who}", "retry")
    return f"Report {report_id} is queued again."


async def stop(services: Services, who: str, report_id: int) -> str:
    """Stop the work that runs on a report; the engine cancels it when it sees the move."""
    async with services.store.write() as session:
        report = await _report(session, report_id)
        if report.status not in (Status.QUEUED, Status.INVESTIGATING, Status.PROPOSING):
            raise Refused(f"Nothing runs on report {report_id}: it is {report.status.value}.")
        await _move(session, report, Status.FAILED, who, f"stopped by {who}", "stop")
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
        report = await _report(session, report_id)
        report.priority, report.priority_reason = priority, f"{why.strip() or 'set'} ({who})"
        session.add(report)
        await journal.record(session, who, "priority", report_id=report_id, why=report.priority_reason, undoable=True)
    return f"Report {report_id} is P{priority} now."


async def join(services: Services, who: str, report_id: int, into: int) -> str:
    """Put a report's signals into another report: one change settles both."""
    if report_id == into:
        raise Refused("A report cannot be joined into itself.")
    async with services.store.write() as session:
        report, target = await _report(session, report_id), await _report(session, into)
        if report.status in (Status.SHIPPED, Status.MEASURED):
            raise Refused(f"Report {report_id} has shipped; its history stays its own.")
        for signal in (await session.exec(select(Signal).where(Signal.report_id == report_id))).all():
            signal.report_id = into
            session.add(signal)
        for key in (await session.exec(select(ReportKey).where(ReportKey.report_id == report_id))).all():
            key.report_id = into
            session.add(key)
        have = set((await session.exec(select(ReportUser.user_key).where(ReportUser.report_id == into))).all())
        theirs = (await session.exec(select(ReportUser.user_key).where(ReportUser.report_id == report_id))).all()
        session.add_all(ReportUser(report_id=into, user_key=user) for user in theirs if user not in have)
        target.signal_count += report.signal_count
        target.weight += report.weight
        target.user_count = len(have | set(theirs))
        target.first_seen = min(target.first_seen, report.first_seen)
        target.last_seen = max(target.last_seen, report.last_seen)
        target.sources = sorted({*target.sources, *report.sources})
        report.merged_into = into
        session.add_all([report, target])
        await _move(session, report, Status.MERGED_INTO, who, f"joined into {into}", "join")
    return f"Joined report {report_id} into {into}."


async def split(services: Services, who: str, report_id: int, signals: list[int]) -> str:
    """Take signals out of a report into a new one."""
    async with services.store.write() as session:
        report = await _report(session, report_id)
        wanted = select(Signal).where(Signal.report_id == report_id, col(Signal.id).in_(signals))
        moved = (await session.exec(wanted)).all()
        missing = set(signals) - {signal.id for signal in moved}
        if missing or not signals:
            raise Refused(
                f"Report {report_id} has no signal {', '.join(map(str, sorted(missing)))}.".replace(" .", ".")
            )
        if len(moved) >= report.signal_count:
            raise Refused("That would leave nothing in the report; split off fewer signals.")
        users = {signal.user_key for signal in moved if signal.user_key}
        made = Report(
            title=moved[0].title, kind=moved[0].kind, sources=sorted({s.source for s in moved}),
            signal_count=len(moved), user_count=len(users), weight=sum(s.weight for s in moved),
            first_seen=min(s.at for s in moved), last_seen=max(s.at for s in moved),
        )  # fmt: skip
        session.add(made)
        await session.flush()
        assert made.id is not None
        session.add_all(ReportUser(report_id=made.id, user_key=user) for user in users)
        for signal in moved:
            signal.report_id = made.id
            session.add(signal)
        report.signal_count -= len(moved)
        report.weight -= made.weight
        session.add(report)
        await move(session, made, Status.QUEUED, who=who, why=f"split from {report_id}", action="split")
    return f"Split {len(moved)} signals of report {report_id} into report {made.id}."


async def quarantine(services: Services, who: str, action: str, signals: list[int]) -> str:
    """Release held signals, so that they are grouped next, or drop them for good."""
    to = SignalState.NEW if action == "release" else SignalState.DROPPED
    async with services.store.write() as session:
        held = select(Signal).where(col(Signal.id).in_(signals), Signal.state == SignalState.QUARANTINED)
        found = (await session.exec(held)).all()
        if not found:
            raise Refused("None of these signals is held; `loop quarantine` lists those that are.")
        for signal in found:
            signal.state, signal.state_reason = to, f"{action} by {who}"
            if action == "release":
                signal.entities = {**signal.entities, "released": True}
            session.add(signal)
        await journal.record(session, who, f"quarantine {action}", report_id=None, why=f"{len(found)} signals")
    if action == "release":
        from agents.group.stage import group_new

        await group_new(services)
    return f"{'Released' if action == 'release' else 'Dropped'} {len(found)} signals."


async def turn(services: Services, who: str, *, redo: bool = False) -> str:
    """Undo (or redo) this person's newest triage action."""
    async with services.store.write() as session:
        try:
            entry = await (journal.redo if redo else journal.undo)(session, who)
        except journal.CannotUndo as error:
            raise Refused(str(error)) from error
    about = f" on report {entry.report_id}" if entry.report_id else ""
    return f"{'Put back' if redo else 'Took back'} “{entry.action}”{about}."
