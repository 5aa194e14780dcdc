"""Every move between report states goes through one table and leaves a journal row."""

from __future__ import annotations

import pytest
from sqlmodel import select

from agents.models import JournalEntry, Report, Status
from agents.services import Services
from agents.store.transitions import MOVES, IllegalMove, move


def test_every_status_has_a_row_in_the_table() -> None:
    assert set(MOVES) == set(Status)


def test_every_status_but_gathering_can_be_reached() -> None:
    reached = {status for row in MOVES.values() for status in row}
    assert reached == set(Status)


async def test_a_move_is_journaled_with_before_and_after(services: Services) -> None:
    async with services.store.write() as session:
        report = Report(title="Checkout fails")
        session.add(report)
        await session.flush()
        await move(session, report, Status.QUEUED, who="loop", why="weight 1.0 reached")
    async with services.store.read() as session:
        entry = (await session.exec(select(JournalEntry))).one()
    assert (entry.who, entry.action, entry.why) == ("loop", "queued", "weight 1.0 reached")
    (change,) = entry.changes
    assert change["before"]["status"] == "gathering"
    assert change["after"]["status"] == "queued"


async def test_an_illegal_move_is_refused_and_changes_nothing(services: Services) -> None:
    async with services.store.write() as session:
        report = Report(title="x")
        session.add(report)

    async def ship() -> None:
        async with services.store.write() as session:
            found = await session.get(Report, report.id)
            assert found is not None
            await move(session, found, Status.SHIPPED, who="loop", why="")

    with pytest.raises(IllegalMove, match="cannot become shipped"):
        await ship()
    async with services.store.read() as session:
        found = await session.get(Report, report.id)
        assert found is not None
        assert found.status is Status.GATHERING


async def test_each_start_of_work_is_a_new_round(services: Services) -> None:
    async with services.store.write() as session:
        report = Report(title="x")
        session.add(report)
        await move(session, report, Status.QUEUED, who="loop", why="")
        await move(session, report, Status.INVESTIGATING, who="loop", why="")
        await move(session, report, Status.PROPOSING, who="loop", why="")
    assert report.round == 2
