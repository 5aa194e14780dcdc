"""Hiding a report until a time or a condition."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

from agents.decide.shared import the_report
from agents.models import now
from agents.refusal import Refused
from agents.services import Services
from agents.store import journal

_CONDITION = re.compile(r"(users|signals)\s*>\s*(\d+)")

_SPAN = re.compile(r"(\d+)\s*(m|min|h|d|w)")

_UNITS = {
    "m": timedelta(minutes=1), "min": timedelta(minutes=1), "h": timedelta(hours=1), "d": timedelta(days=1),
    "w": timedelta(weeks=1),
}  # fmt: skip


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
        report = await the_report(session, report_id)
        report.snoozed_until, report.snooze_condition = moment, condition
        session.add(report)
        why = condition or (moment.isoformat(timespec="minutes") if moment else "")
        await journal.record(session, who, "snooze" if why else "wake", report_id=report_id, why=why, undoable=True)
    return f"Snoozed report {report_id} until {why}." if why else f"Report {report_id} is awake again."
