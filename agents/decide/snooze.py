"""Hiding a report until a time or a condition."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

from sqlmodel.ext.asyncio.session import AsyncSession

from agents import releases
from agents.decide.shared import Verb, the_report
from agents.models import Report, now
from agents.refusal import Refused
from agents.store import journal

_COUNT = re.compile(r"(users|signals)\s*>\s*(\d+)")
_MORE = re.compile(r"signals\s*\+\s*(\d+)")
_RELEASE = re.compile(r"release\s*(?:>\s*(\S.*)|:\s*next)", re.IGNORECASE)
_SPAN = re.compile(r"(\d{1,6})\s*(m|min|h|d|w)")

_UNITS = {
    "m": timedelta(minutes=1), "min": timedelta(minutes=1), "h": timedelta(hours=1), "d": timedelta(days=1),
    "w": timedelta(weeks=1),
}  # fmt: skip
_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_MORNING = 9  # o'clock, where the person is
_HOW = "1h, 2d, tomorrow, friday, 2030-01-31T09:00, users>50, signals>100, signals+10, release>1.4.2 or release:next"


def parse_until(text: str) -> tuple[datetime | None, str]:
    """When a snooze ends: a moment, or a condition.

    A moment is a span (`1h`, `2d`), `tomorrow`, a weekday, or ISO 8601. A condition is `users>50`, `signals>100`,
    `release>1.4.2`, or one that `snooze` turns into these for its report: `signals+10`, `release:next`.

    Raises:
        Refused: it is none of these, or in the past.
    """
    value = text.strip().lower()
    if match := _COUNT.fullmatch(value):
        return None, f"{match[1]}>{int(match[2])}"
    if (match := _MORE.fullmatch(value)) and int(match[1]):
        return None, f"signals+{int(match[1])}"
    if match := _RELEASE.fullmatch(text.strip()):
        return None, f"release>{match[1].strip()}" if match[1] else "release:next"
    moment = _moment(value, text)
    if moment <= now():
        raise Refused(f"{text!r} is in the past; give a later time.")
    return moment, ""


def _moment(value: str, text: str) -> datetime:
    if (match := _SPAN.fullmatch(value)) and int(match[1]):
        return now() + int(match[1]) * _UNITS[match[2]]
    if value == "tomorrow":
        return _morning(1)
    if (
        len(value) >= 3
        and (day := next((n for n, name in enumerate(_DAYS) if name.startswith(value)), None)) is not None
    ):
        return _morning((day - datetime.now().astimezone().weekday() - 1) % 7 + 1)
    try:
        return datetime.fromisoformat(text.strip()).astimezone(UTC)
    except (ValueError, OverflowError):
        raise Refused(f"{text!r} is no time; write {_HOW}.") from None


def _morning(days: int) -> datetime:
    """Nine o'clock local time, so many days from today."""
    day = datetime.now().date() + timedelta(days=days)
    return datetime(day.year, day.month, day.day, _MORNING).astimezone(UTC)


async def _snooze(session: AsyncSession, who: str, report_id: int, until: str) -> str:
    """Hide a report until a time or a condition; an empty one ends the snooze."""
    if not until.strip():
        return await wake.core(session, who, report_id)
    moment, condition = parse_until(until)
    report = await the_report(session, report_id, "snooze")
    condition = await _resolved(session, report, condition)
    report.snoozed_until, report.snooze_condition = moment, condition
    session.add(report)
    why = condition or (moment.isoformat(timespec="minutes") if moment else "")
    await journal.record(session, who, "snooze", report_id=report_id, why=why, undoable=True)
    return f"Snoozed report {report_id} until {why}."


snooze = Verb(_snooze)


async def _wake(session: AsyncSession, who: str, report_id: int) -> str:
    """End a snooze."""
    report = await the_report(session, report_id, "wake")
    report.snoozed_until, report.snooze_condition = None, ""
    session.add(report)
    await journal.record(session, who, "wake", report_id=report_id, undoable=True)
    return f"Report {report_id} is awake again."


wake = Verb(_wake)


async def _resolved(session: AsyncSession, report: Report, condition: str) -> str:
    """A condition as the grouping reads it: with the numbers and releases of now in it.

    Raises:
        Refused: it holds already, or names a release that nothing can be compared with.
    """
    name, sign, number = condition.partition("+")
    if name == "signals" and sign:
        return f"signals>{report.signal_count + int(number) - 1}"
    if condition == "release:next":
        newest = releases.newest(await releases.seen(session))
        if not newest:
            raise Refused("No release has been seen yet; snooze until a time or a number of users instead.")
        return f"release>{newest}"
    name, sign, value = condition.partition(">")
    if name == "release":
        known = await releases.seen(session)
        if releases.version(value) is None and value not in known:
            newest = releases.newest(known)
            hint = f"; the newest seen is {newest}" if newest else ""
            raise Refused(f"No signal has been seen in release {value!r}, and it is no version{hint}.")
    elif sign and (count := report.user_count if name == "users" else report.signal_count) > int(value):
        raise Refused(f"Report {report.id} has {count} {name} already; give a larger number.")
    return condition
