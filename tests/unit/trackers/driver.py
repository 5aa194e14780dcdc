"""Polls, webhooks, faults and deaths in any order, against one fake server and one store."""

from __future__ import annotations

import json
import shutil
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession

from agents.collect.hooks import hooks
from agents.collect.tracker import Tracker
from agents.config import Settings
from agents.group.stage import group_new
from agents.intake import take
from agents.models import Report, Signal, SignalState, SourceState
from agents.polling import poll_due
from agents.repository import Repository
from agents.services import Services
from agents.store import Store
from tests.unit.trackers.world import News, Thing, World


class Killed(BaseException):
    """The process ended here."""


class DyingStore(Store):
    """A store whose process is killed before one of its commits."""

    left: int | None = None  # commits until then

    @asynccontextmanager
    async def write(self) -> AsyncIterator[AsyncSession]:
        async with super().write() as session:
            yield session
            if self.left == 0:
                raise Killed
            if self.left is not None:
                self.left -= 1


class Flaky(httpx.AsyncBaseTransport):
    """Carries requests to an application, and fails where the plan says so."""

    def __init__(self, app: Any) -> None:
        self._inner = httpx.ASGITransport(app)
        self.faults: list[str] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        fault = self.faults.pop(0) if self.faults else ""
        if fault == "reset":
            raise httpx.ConnectError("connection reset", request=request)
        answer = await self._inner.handle_async_request(request)
        if fault in ("500", "429", "503"):
            return httpx.Response(int(fault), headers={"date": answer.headers["date"], "retry-after": "1"})
        if fault == "cut":
            raise httpx.RemoteProtocolError("peer closed connection without sending complete message body")
        if fault == "half":
            body = await answer.aread()
            return httpx.Response(200, headers={"date": answer.headers["date"]}, content=body[: len(body) // 2])
        return answer


@dataclass(frozen=True)
class Service:
    """One tracker: how its fake is made, how it is read, how its webhooks look."""

    name: str
    section: dict[str, Any]  # of loop.toml
    fake: Callable[[World, int], Any]
    source: Callable[[Settings, httpx.AsyncBaseTransport], Tracker]
    webhook: Callable[[News], tuple[dict[str, str], bytes]]
    secret: str
    external_id: Callable[[Thing], str]
    without: frozenset[str] = frozenset()  # what cannot happen there


class Driver:
    """One run.

    Args:
        service: the tracker.
        world: what its server shows.
        folder: where the store is.
        template: an empty store.
        page: rows on a page.
        budget: pages in a poll.
    """

    def __init__(self, service: Service, world: World, folder: Path, template: Path, page: int, budget: int) -> None:
        self.service, self.world = service, world
        section = {**service.section, "pages": budget}
        self.settings = Settings.model_validate({"repo": folder, service.name: section})
        self.settings.ensure_state()
        shutil.copy(template, self.settings.state / "loop.db")
        self.store = DyingStore(self.settings.store_url)
        self.services = Services(self.settings, self.store, Repository(folder))
        self.fake = service.fake(world, page)
        self.delivered: set[int] = set()
        self.begin()

    def begin(self) -> None:
        self.store.left = None
        self.transport = Flaky(self.fake)
        self.source = self.service.source(self.settings, self.transport)

    async def restart(self) -> None:
        """A new process, which first places what an old one left, as the engine does."""
        self.begin()
        await group_new(self.services)

    async def poll(self, faults: Sequence[str] = (), die: int | None = None) -> None:
        self.transport.faults, self.store.left = list(faults), die
        try:
            await poll_due(self.services, [self.source], force=True)
        except Killed:
            await self.restart()
        self.transport.faults, self.store.left = [], None
        await self._rested()

    async def _rested(self) -> None:
        """The time has passed that the service asked for."""
        async with self.store.write() as session:
            state = await session.get(SourceState, self.source.name)
            if state is not None and state.retry_at is not None:
                state.retry_at = None
                session.add(state)
        self.source = self.service.source(self.settings, self.transport)

    async def deliver(self, news: News, die: int | None = None) -> None:
        headers, body = self.service.webhook(news)
        hook = hooks(self.settings)[0]
        assert hook.signed(headers, body, self.service.secret.encode(), news.at)
        self.store.left = die
        try:
            await take(self.services, hook.read(headers, json.loads(body), headers[hook.delivery]))
            self.delivered.add(news.number)
        except Killed:
            await self.restart()
        self.store.left = None

    async def settle(self) -> None:
        """Nothing more happens; what only webhooks tell arrives, and all the rest is for polls to find."""
        self.world.tick(300)
        for news in self.world.news:
            if news.number not in self.delivered and news.what in ("deleted", "comment deleted"):
                await self.deliver(news)
        for _ in range(2):
            await self.until_read()
            self.world.tick(300)
        await self.until_read()

    async def until_read(self) -> None:
        before: Any = None
        for _ in range(200):
            await self.poll()
            state = await self.state()
            assert not state.last_error, state.last_error
            if before == (state.cursor, state.items):
                return
            before = (state.cursor, state.items)
            if state.read_to is not None and state.read_to >= self.world.now - timedelta(seconds=130):
                return
        raise AssertionError("reading never comes to an end")

    async def state(self) -> SourceState:
        async with self.store.read() as session:
            found = await session.get(SourceState, self.source.name)
        assert found is not None
        return found

    async def signals(self) -> list[Signal]:
        async with self.store.read() as session:
            return list((await session.exec(select(Signal))).all())

    async def check(self) -> None:
        """Each ticket is one signal that says what the ticket says now, counted once."""
        found = {signal.external_id: signal for signal in await self.signals()}
        assert len(found) == len(await self.signals())
        tickets = {self.service.external_id(t): t for t in self.world.things.values() if not t.pull}
        assert set(found) == set(tickets)
        for name, thing in tickets.items():
            self._same(found[name], thing)
        async with self.store.read() as session:
            counted = sum(report.signal_count for report in (await session.exec(select(Report))).all())
        assert counted == sum(signal.state is SignalState.GROUPED for signal in found.values())
        state = await self.state()
        assert state.items == len(tickets)

    def _same(self, signal: Signal, thing: Thing) -> None:
        if thing.state == "open" and not thing.bot:
            assert signal.state is SignalState.GROUPED
        assert signal.state in (SignalState.GROUPED, SignalState.DROPPED)
        assert signal.entities["state"] == thing.state
        if thing.state == "gone":
            assert (signal.title, signal.body) == ("(deleted)", "")
            return
        said = [c.text for c in sorted(thing.comments, key=lambda c: (c.at, str(c.id))) if not c.gone and not c.bot]
        assert signal.body == "\n\n".join([thing.text, *said])
        assert signal.title == thing.title
