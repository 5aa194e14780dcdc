"""Snoozes: what can be written, and when they end."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine
from sqlmodel import select

from agents import decide, releases
from agents.intake import take
from agents.models import JournalEntry, now
from agents.refusal import Refused
from agents.services import Services
from agents.snoozing import wake_due
from tests.unit.inbox.conftest import START, Look, Make, signal


def test_spans_counts_and_releases() -> None:
    moment, condition = decide.parse_until("2h")
    assert moment is not None
    assert timedelta(hours=1, minutes=59) < moment - now() < timedelta(hours=2, minutes=1)
    assert condition == ""
    assert decide.parse_until("users > 50") == (None, "users>50")
    assert decide.parse_until("signals+10") == (None, "signals+10")
    assert decide.parse_until("release > Shop@1.4.2") == (None, "release>Shop@1.4.2")
    assert decide.parse_until("release:next") == (None, "release:next")


@pytest.mark.parametrize(
    ("text", "day"),
    [("tomorrow", 2), ("fri", 2), ("saturday", 3), ("thursday", 8), ("wed", 7)],  # 1 January 2026 is a Thursday
)
def test_days_are_the_next_of_that_name_at_nine_in_the_morning(text: str, day: int) -> None:
    with time_machine.travel("2026-01-01T12:00:00+00:00", tick=False):
        moment, _ = decide.parse_until(text)
    assert moment is not None
    here = moment.astimezone()
    assert (here.day, here.hour, here.minute) == (day, 9, 0)


@pytest.mark.parametrize(
    "text", ["soon", "2001-01-01", "-3h", "0h", "users>", "signals+0", "release>", "release:last", "x", "99999999999w"]
)
def test_what_cannot_be_read_is_refused_with_how_to_write_it(text: str) -> None:
    with pytest.raises(Refused, match=r"write 1h|in the past"):
        decide.parse_until(text)


@pytest.mark.parametrize(
    ("one", "than", "expected"),
    [
        ("1.4.10", "1.4.2", True),
        ("shop@v2.0", "1.9.9", True),
        ("1.4.2rc1", "1.4.2", False),
        ("shop@1.0", "shop@1.0", False),
        ("pay@9.0", "shop@1.0", False),
        ("4f2a9c1", "1234567", True),
        ("1234567", "4f2a9c1", False),
        ("unseen", "1234567", False),
    ],
)
def test_releases_are_ordered_by_version_else_by_when_they_were_seen(one: str, than: str, expected: bool) -> None:
    seen = {"1234567": START, "4f2a9c1": START + timedelta(days=1)}
    assert releases.later(one, than, seen) is expected


async def test_so_many_new_signals_end_a_snooze_and_are_news(services: Services, look: Look) -> None:
    await take(services, [signal("cart", n) for n in range(3)])
    await decide.snooze(services, "kim", 1, "signals+2")
    await take(services, [signal("cart", 3)])
    assert (await look(1)).snooze_condition
    assert (await look(1)).news_at is None
    await take(services, [signal("cart", 4)])
    assert (await look(1)).snooze_condition == ""
    assert (await look(1)).news_at is not None
    async with services.store.read() as session:
        entry = (await session.exec(select(JournalEntry).where(JournalEntry.action == "wake"))).one()
    assert (entry.who, entry.why) == ("loop", "5 signals now")


@pytest.mark.parametrize(
    ("until", "old", "new"),
    [
        ("release>1.4.2", "1.4.2", "1.5.0"),
        ("release:next", "1.4.1", "1.5.0"),
        ("release:next", "aaaaaaa", "bbbbbbb"),
    ],
)
async def test_a_signal_in_a_later_release_ends_a_snooze(
    services: Services, look: Look, until: str, old: str, new: str
) -> None:
    await take(services, [signal("cart", 0, release=old)])
    await decide.snooze(services, "kim", 1, until)
    await take(services, [signal("cart", 1, release=old), signal("pay", 2, release=new)])
    assert (await look(1)).snooze_condition
    await take(services, [signal("cart", 3, release=new)])
    assert (await look(1)).snooze_condition == ""


@pytest.mark.parametrize("until", ["release:next", "release>deadbeef"])
async def test_a_release_that_nothing_compares_with_is_refused(services: Services, make: Make, until: str) -> None:
    with pytest.raises(Refused, match="has been seen"):
        await decide.snooze(services, "kim", await make(), until)


async def test_a_condition_that_holds_already_is_refused(services: Services, make: Make) -> None:
    with pytest.raises(Refused, match="9 users already"):
        await decide.snooze(services, "kim", await make(user_count=9), "users>8")


async def test_time_ends_a_snooze_once(services: Services, make: Make, look: Look) -> None:
    report, other = await make(), await make()
    await decide.snooze(services, "kim", report, "1h")
    await decide.snooze(services, "kim", other, "3h")
    assert await wake_due(services.store) == []
    with time_machine.travel(now() + timedelta(hours=2)):
        assert await wake_due(services.store) == [report]
        assert await wake_due(services.store) == []
    found = await look(report)
    assert found.snoozed_until is None
    assert found.news_at is not None


async def test_signals_notice_that_a_snooze_is_over(services: Services, look: Look) -> None:
    await take(services, [signal("cart", 0)])
    await decide.snooze(services, "kim", 1, "1h")
    with time_machine.travel(now() + timedelta(hours=2)):
        await take(services, [signal("cart", 1)])
    assert (await look(1)).snoozed_until is None


async def test_what_the_loop_woke_is_not_taken_back(services: Services, look: Look) -> None:
    await take(services, [signal("cart", 0)])
    await decide.snooze(services, "kim", 1, "signals+1")
    await take(services, [signal("cart", 1)])
    with pytest.raises(Refused, match="its snooze was changed since by the loop"):
        await decide.turn(services, "kim")
