"""The engine starts what is due exactly once, lets people stop it, and turns errors into states."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from pathlib import Path

import pytest

from agents import decide
from agents.config import Settings
from agents.engine import Engine, Stage
from agents.lock import EngineRuns
from agents.models import Question, Report, Status, now
from agents.repository import Repository
from agents.sandbox import SandboxError
from agents.services import Services
from agents.store import Store
from agents.store.transitions import move


class Bench:
    """Stages that only move reports on, and remember what they were called with."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, int, int]] = []
        self.started = asyncio.Event()
        self.hold = False
        self.error: Exception | None = None

    def stage(self, name: str) -> Stage:
        async def run(services: Services, report_id: int, round: int) -> None:
            self.calls.append((name, report_id, round))
            self.started.set()
            if self.error is not None:
                raise self.error
            if self.hold:
                await asyncio.sleep(60)
            await self._on(services, report_id, name)

        return run

    async def _on(self, services: Services, report_id: int, name: str) -> None:
        async with services.store.write() as session:
            report = await session.get(Report, report_id)
            assert report is not None
            if name == "investigate":
                await move(session, report, Status.INVESTIGATING, who="loop", why="")
                await move(session, report, Status.PROPOSING, who="loop", why="")
            else:
                await move(session, report, Status.REVIEW, who="loop", why="")


@pytest.fixture
async def services(make_repo: Callable[..., Path], store_setting: str) -> AsyncIterator[Services]:
    settings = Settings(repo=make_repo({"a.py": "x = 1\n"}), store=store_setting)
    settings.ingest.enabled = False
    settings.sandbox.kind = "none"
    settings.ensure_state()
    store = await Store.open(settings.store_url)
    yield Services(settings, store, Repository(settings.repo))
    await store.close()


@pytest.fixture
async def bench() -> Bench:
    return Bench()


@pytest.fixture
async def engine(services: Services, bench: Bench) -> AsyncIterator[Engine]:
    made = Engine(services, stage=bench.stage)
    yield made
    await made.stop()


async def queue(services: Services) -> int:
    async with services.store.write() as session:
        report = Report(title="x")
        session.add(report)
        await move(session, report, Status.QUEUED, who="loop", why="")
    assert report.id is not None
    return report.id


async def status(services: Services, report_id: int) -> Status:
    async with services.store.read() as session:
        report = await session.get(Report, report_id)
    assert report is not None
    return report.status


async def test_a_queued_report_runs_through_its_stages_once_each(
    engine: Engine, services: Services, bench: Bench
) -> None:
    report = await queue(services)
    await engine.start()
    assert await engine.until_idle(20)
    assert bench.calls == [("investigate", report, 1), ("propose", report, 2)]
    assert await status(services, report) is Status.REVIEW


async def test_what_this_process_writes_is_begun_without_waiting_for_the_next_look(
    engine: Engine, services: Services, bench: Bench
) -> None:
    services.settings.engine.poll = 3600.0
    await engine.start()
    assert await engine.until_idle(20)
    report = await queue(services)
    assert await engine.until_idle(20)
    assert await status(services, report) is Status.REVIEW


async def test_an_error_of_a_stage_becomes_the_state_of_the_report(
    engine: Engine, services: Services, bench: Bench
) -> None:
    bench.error = SandboxError("No sandbox works here; install bubblewrap.")
    report = await queue(services)
    await engine.start()
    assert await engine.until_idle(20)
    async with services.store.read() as session:
        found = await session.get(Report, report)
    assert found is not None
    assert (found.status, found.status_reason) == (Status.FAILED, "No sandbox works here; install bubblewrap.")


async def test_stopping_a_report_cancels_its_stage(engine: Engine, services: Services, bench: Bench) -> None:
    bench.hold = True
    report = await queue(services)
    await engine.start()
    await asyncio.wait_for(bench.started.wait(), 20)
    await decide.stop(services, "kim", report)
    assert await engine.until_idle(20)
    assert await status(services, report) is Status.FAILED


async def test_taking_back_what_started_the_work_cancels_it(engine: Engine, services: Services, bench: Bench) -> None:
    bench.hold = True
    async with services.store.write() as session:
        report = Report(title="x", status=Status.NEEDS_INPUT)
        session.add(report)
        await session.flush()
        session.add(Question(report_id=report.id, text="Which?"))
    assert report.id is not None
    await engine.start()
    await decide.answer(services, "kim", report.id, "the second")
    await asyncio.wait_for(bench.started.wait(), 20)
    await decide.turn(services, "kim")
    assert await engine.until_idle(20)
    assert await status(services, report.id) is Status.NEEDS_INPUT
    bench.hold = False
    await decide.turn(services, "kim", redo=True)
    assert await engine.until_idle(20)
    assert await status(services, report.id) is Status.REVIEW
    assert [name for name, _, _ in bench.calls] == ["propose", "propose"]


async def test_a_snooze_whose_time_has_come_is_ended_by_the_engine(engine: Engine, services: Services) -> None:
    async with services.store.write() as session:
        report = Report(title="x", status=Status.REVIEW, snoozed_until=now() - timedelta(seconds=1))
        session.add(report)

    async def look() -> Report:
        async with services.store.read() as session:
            return await session.get_one(Report, report.id)

    written = asyncio.Event()
    await engine.start()
    services.store.on_commit = written.set
    while (await look()).snoozed_until is not None:
        await asyncio.wait_for(written.wait(), 20)
        written.clear()
    assert (await look()).news_at is not None


async def test_work_cut_off_by_a_stop_goes_on_at_the_next_start(services: Services, bench: Bench) -> None:
    bench.hold = True
    report = await queue(services)
    first = Engine(services, stage=bench.stage)
    await first.start()
    await asyncio.wait_for(bench.started.wait(), 20)
    await first.stop()
    bench.hold = False
    second = Engine(services, stage=bench.stage)
    await second.start()
    assert await second.until_idle(20)
    await second.stop()
    assert await status(services, report) is Status.REVIEW


async def test_a_second_engine_on_the_same_store_is_refused(engine: Engine, services: Services) -> None:
    await engine.start()
    with pytest.raises(EngineRuns, match="is its client"):
        await Engine(services).start()
