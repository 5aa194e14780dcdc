"""Parts of tickets and the state of sources, on both databases."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta

from sqlmodel import select

from agents.collect import Comment, Json, Polled, SourceError, Ticket
from agents.intake import take
from agents.models import Delivery, Signal, SignalState, SourceState, now
from agents.polling import poll_due
from agents.services import Services
from agents.store.read import Reader
from agents.store.sources import sources
from agents.tidying import tidy
from tests.unit.trackers.world import BASE


def ticket(second: int, text: str, **more: str) -> Ticket:
    return Ticket("github", "7#1", BASE, BASE + timedelta(seconds=second), title="Down", text=text, **more)  # type: ignore[arg-type]


async def test_parts_and_deliveries_are_kept_once(services: Services) -> None:
    said = Comment("github", "7#1", "5", BASE, BASE, text="again")
    orphan = Comment("github", "7#2", "6", BASE, BASE, text="of a pull request")
    first = await take(services, [ticket(1, "a", delivery="d1"), said, orphan])
    assert (first.signals, first.duplicates, first.skipped) == (1, 0, 1)
    again = await take(services, [ticket(3, "repeated", delivery="d1"), said, ticket(0, "late"), ticket(2, "b")])
    assert (again.signals, again.duplicates) == (0, 3)
    async with services.store.read() as session:
        (signal,) = (await session.exec(select(Signal))).all()
    assert (signal.state, signal.body) == (SignalState.GROUPED, "b\n\nagain")
    await tidy(services, now() + timedelta(days=8))
    async with services.store.read() as session:
        assert (await session.exec(select(Delivery))).all() == []


@dataclass
class Scripted:
    """A source that gives what it was told to."""

    given: list[Polled | Exception]
    name: str = "github"
    interval: float = 60.0

    async def poll(self, cursor: Json) -> AsyncIterator[Polled]:
        for step in self.given:
            if isinstance(step, Exception):
                raise step
            yield step


async def test_a_source_says_how_far_behind_it_is_and_what_is_wrong(services: Services) -> None:
    behind = Polled([ticket(1, "a")], {"page": 1}, read_to=now() - timedelta(hours=2))
    failing = SourceError("It is full; wait.", retry_at=now() + timedelta(minutes=5))
    await poll_due(services, [Scripted([behind, failing])])
    reader = Reader(services.settings.store_url)
    (row,) = sources(reader, {}, ["github"])
    assert 7200 <= row["lag"] < 7300
    assert (row["items"], row["last_error"], row["cursor"], row["polled"]) == (
        1,
        "It is full; wait.",
        {"page": 1},
        True,
    )
    assert row["retry_at"] is not None
    reader.close()
    await poll_due(services, [Scripted([Polled([], {"page": 2})])], force=True)
    async with services.store.read() as session:
        assert (await session.get_one(SourceState, "github")).cursor == {"page": 1}


async def test_a_source_that_breaks_stops_no_other(services: Services) -> None:
    broken = Scripted([ValueError("\x1b[2Jodd")], name="linear")
    await poll_due(services, [broken, Scripted([Polled([ticket(1, "a")], {})])])
    async with services.store.read() as session:
        told = (await session.get_one(SourceState, "linear")).last_error
        assert (await session.get_one(SourceState, "github")).last_error == ""
    assert "ValueError: ␛[2Jodd" in told
    assert "engine.log" in told


async def test_a_source_that_is_begun_anew_amid_a_poll_is_not_read_on(services: Services) -> None:
    class Interrupted(Scripted):
        async def poll(self, cursor: Json) -> AsyncIterator[Polled]:
            yield Polled([], {"page": 1})
            async with services.store.write() as session:
                state = await session.get_one(SourceState, "github")
                state.cursor, state.tried_at = {}, None
                session.add(state)
            yield Polled([ticket(1, "a")], {"page": 2})
            raise AssertionError("read on")

    await poll_due(services, [Interrupted([])])
    async with services.store.read() as session:
        state = await session.get_one(SourceState, "github")
        assert (state.cursor, state.last_error) == ({}, "")
        assert len((await session.exec(select(Signal))).all()) == 1
