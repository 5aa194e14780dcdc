"""What is said of a change before it is merged."""

from __future__ import annotations

from agents.decide.shared import move_to, the_change, the_report
from agents.models import ReviewComment, Severity, Status
from agents.refusal import Refused
from agents.services import Services


async def request_changes(services: Services, who: str, report_id: int, text: str, at: str = "") -> str:
    """Ask for changes; `at` is FILE:LINE of the head, or empty for the whole change."""
    if not text.strip():
        raise Refused("Say what should change, with -m TEXT.")
    path, line = _place(at)
    async with services.store.write() as session:
        report = await the_report(session, report_id)
        change = await the_change(session, report_id)
        if report.status is not Status.REVIEW or change.state != "open":
            raise Refused(f"Report {report_id} is {report.status.value}; changes are asked of one that is in review.")
        comment = ReviewComment(
            change_id=change.id or 0, round=change.round, author=who, by_person=True, severity=Severity.MUST_FIX,
            path=path, line=line, text=text.strip(),
        )  # fmt: skip
        session.add(comment)
        await move_to(session, report, Status.PROPOSING, who, text.strip(), "request-changes")
    return f"Asked for changes on report {report_id}; the work starts."


def _place(at: str) -> tuple[str | None, int | None]:
    if not at:
        return None, None
    path, colon, line = at.rpartition(":")
    if not colon or not line.isdigit():
        raise Refused(f"{at!r} is no place; write FILE:LINE.")
    return path, int(line)
