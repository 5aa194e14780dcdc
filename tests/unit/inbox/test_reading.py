"""What was read, and who looks at what."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine
from sqlmodel import select

from agents import decide
from agents.inbox import Inbox
from agents.models import JournalEntry, Presence, Seen, now
from agents.refusal import Refused
from agents.services import Services
from agents.store.read import Reader
from tests.unit.inbox.conftest import Make


async def seen(services: Services) -> dict[tuple[int, str], bool]:
    async with services.store.read() as session:
        rows = (await session.exec(select(Seen))).all()
    return {(row.report_id, row.who): row.at.year > 1970 for row in rows}


async def test_a_report_is_read_by_one_person_and_unread_again(services: Services, make: Make) -> None:
    report = await make()
    await decide.mark_read(services, "kim", report)
    assert await seen(services) == {(report, "kim"): True}
    await decide.mark_read(services, "kim", report, read=False)
    assert await seen(services) == {(report, "kim"): False}
    with pytest.raises(Refused):
        await decide.mark_read(services, "kim", 99)
    async with services.store.read() as session:
        assert (await session.exec(select(JournalEntry))).all() == []


async def test_others_see_who_looks_until_they_leave(services: Services, make: Make) -> None:
    one, two = await make(), await make()
    async with Inbox(services.settings, "kim") as kim, Inbox(services.settings, "robin") as robin:
        await kim.look_at(one)
        await robin.look_at(one)
        assert await robin.looking() == {one: ["kim"]}
        await kim.look_at(two)
        assert await robin.looking() == {two: ["kim"]}
    assert await decide.looking(services, "sam") == {}


async def test_a_screen_that_died_is_forgotten_after_a_minute_and_swept(services: Services, make: Make) -> None:
    report = await make()
    await decide.look_at(services, "kim", "dead", report)
    with time_machine.travel(now() + timedelta(seconds=61)):
        assert await decide.looking(services, "sam") == {}
        await decide.look_at(services, "robin", "alive", report)
        assert await decide.looking(services, "sam") == {report: ["robin"]}
        async with services.store.read() as session:
            assert [row.session for row in (await session.exec(select(Presence))).all()] == ["alive"]


async def test_looking_on_writes_at_most_every_fifteen_seconds(services: Services, make: Make) -> None:
    report = await make()
    async with Inbox(services.settings, "kim") as inbox:
        writes = []
        (await inbox.services()).store.on_commit = lambda: writes.append(1)
        for _ in range(20):
            await inbox.look_at(report)
        assert len(writes) == 1
        await inbox.look_at(None)
        await inbox.look_at(None)
        assert len(writes) == 2


async def test_the_feed_tells_of_both_reports_when_a_look_moves_and_of_none_for_a_heartbeat(
    services: Services, make: Make
) -> None:
    one, two = await make(), await make()
    await decide.look_at(services, "kim", "s", one)
    reader = Reader(services.settings.store_url)
    seq = reader.version()
    await decide.look_at(services, "kim", "s", one)
    assert reader.changed(seq) == (seq, set())
    await decide.look_at(services, "kim", "s", two)
    assert reader.changed(seq)[1] == {one, two}
    reader.close()
