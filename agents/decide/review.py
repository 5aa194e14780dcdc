"""What is said of a change before it is merged: a review with its comments, sent as one."""

from __future__ import annotations

from sqlmodel.ext.asyncio.session import AsyncSession

from agents.decide.shared import move_to, the_change, the_report
from agents.models import Change, Draft, Review, ReviewComment, Severity, Status, now
from agents.refusal import Refused
from agents.review import drafts
from agents.review.comments import KINDS
from agents.review.versions import history, named
from agents.services import Services
from agents.store import journal
from agents.text import counted

_SAID = {"approve": "Approved", "comment": "Commented on", "request-changes": "Asked for changes on"}


async def send_review(services: Services, who: str, report_id: int, kind: str, text: str = "", head: str = "") -> str:
    """Send a review, and with it all drafts of this person on this report.

    Args:
        services: the project.
        who: the person.
        report_id: the report.
        kind: approve, comment, or request-changes, which starts the work again.
        text: what is said of the change as a whole.
        head: the head that was read, or at least 7 characters of it; "": the present one.
    """
    return await _send(services, who, report_id, kind, text, head)


async def request_changes(services: Services, who: str, report_id: int, text: str, at: str = "") -> str:
    """Ask for changes, on the whole change or at one place; drafts go with it, as with every review.

    Args:
        services: the project.
        who: the person.
        report_id: the report.
        text: what should change.
        at: FILE:LINE or FILE:FIRST-LAST of the head; "": the change as a whole.
    """
    if not text.strip():
        raise Refused("Say what should change, with -m TEXT.")
    if not at:
        return await send_review(services, who, report_id, "request-changes", text)
    path, start, line = place(at)
    here = await drafts.compose(services, who, report_id, path, line, text, start_line=start)
    return await _send(services, who, report_id, "request-changes", "", "", here)


async def _send(
    services: Services, who: str, report_id: int, kind: str, text: str, head: str, here: Draft | None = None
) -> str:
    """Send a review with all drafts of this person, and with `here`, which is in no store."""
    async with services.store.write() as session:
        kept = await drafts.of(session, who, report_id)
        return await _write(session, who, report_id, kind, text.strip(), head, kept, here)


async def _write(
    session: AsyncSession, who: str, report_id: int, kind: str, text: str, head: str, kept: list[Draft],
    here: Draft | None,
) -> str:  # fmt: skip
    mine = [*kept, here] if here is not None else kept
    if kind not in KINDS:
        raise Refused(f"{kind!r} is no kind of review; say {', '.join(KINDS)}.")
    # A comment may be sent wherever there is a change to read; the other kinds are verbs of the table of rights.
    report = await the_report(session, report_id, "" if kind == "comment" else kind, who)
    change = await the_change(session, report_id)
    _ensure(change, kind, text, mine)
    read = named(await history(session, change), head or change.head_sha, report_id).head_sha
    if kind == "approve" and read != change.head_sha:
        raise Refused(
            f"The change is at {change.head_sha[:9]}, not at {read[:9]}: it moved since you looked. "
            f"Read what is new with `loop diff {report_id} --since {read[:9]}`."
        )
    review = Review(change_id=change.id or 0, round=change.round, head_sha=read, who=who, kind=kind, text=text)
    session.add(review)
    await session.flush()
    session.add_all(_comment(change, review, draft) for draft in mine)
    for draft in kept:
        await session.delete(draft)
    why = text or (f"{counted(len(mine), 'comment')}, the first: {mine[0].text}" if mine else f"head {read[:9]}")
    # The entry holds the review, its comments and the drafts they were: taken back, the drafts are there again.
    whole = [journal.inserted(review)]
    if kind == "request-changes":
        await move_to(session, report, Status.PROPOSING, who, why, kind, whole)
    else:
        await journal.record(session, who, kind, report_id=report_id, why=why, undoable=True, moved=whole)
    with_them = f" with {counted(len(mine), 'comment')}" if mine else ""
    works = "; the work starts" if kind == "request-changes" else ""
    return f"{_SAID[kind]} report {report_id}{with_them}{works}."


def _ensure(change: Change, kind: str, text: str, mine: list[Draft]) -> None:
    if not change.head_sha:
        about = change.report_id
        raise Refused(f"Report {about} has no change to review yet; `loop show {about}` says where it stands.")
    if kind != "approve" and not text and not mine:
        raise Refused("There is nothing to send; say something with -m TEXT, or comment on a line first.")


def _comment(change: Change, review: Review, draft: Draft) -> ReviewComment:
    severity = Severity.MUST_FIX if review.kind == "request-changes" else Severity.CONSIDER
    return ReviewComment(
        change_id=review.change_id, round=change.round, author=review.who, by_person=True, severity=severity,
        path=draft.path, line=draft.line, start_line=draft.start_line, side=draft.side, text=draft.text,
        quote=draft.quote, head_sha=draft.head_sha, review_id=review.id, at=now(),
    )  # fmt: skip


def place(at: str) -> tuple[str, int | None, int]:
    """A file, the first line of a range (None: one line) and the line, from FILE:LINE or FILE:FIRST-LAST.

    Raises:
        Refused: it is neither.
    """
    path, _, lines = at.rpartition(":")
    first, dash, last = lines.partition("-")
    if not path or not first.isdecimal() or (dash and not last.isdecimal()):
        raise Refused(f"{at!r} is no place; write FILE:LINE or FILE:FIRST-LAST.")
    if not dash:
        return path, None, int(first)
    return path, min(int(first), int(last)), max(int(first), int(last))
