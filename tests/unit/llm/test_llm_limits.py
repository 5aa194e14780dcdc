"""What a report and a day may cost: looked up in the store before each request, whoever spent it."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from sqlmodel import col, select
from typer.testing import CliRunner

from agents.harness import Unavailable, harness
from agents.models import Report, Run, Step, now
from agents.store import Store
from agents.transcript import StoreTranscript
from loop_tui.cli import app
from tests.unit.llm.conftest import Desk
from tests.unit.llm.server import call, final


@pytest.fixture
async def store(desk: Desk) -> AsyncIterator[Store]:
    desk.settings.ensure_state()
    opened = await Store.open(desk.settings.store_url)
    async with opened.write() as session:
        session.add_all([Report(id=1, title="one"), Report(id=2, title="two")])
    yield opened
    await opened.close()


async def spent(store: Store, report: int, days: float, usd: float = 0.0, tokens: int = 0) -> None:
    at = now() - timedelta(days=days)
    async with store.write() as session:
        session.add(
            Run(report_id=report, stage="propose", status="done", usd=usd, tokens=tokens, started_at=at, ended_at=at)
        )


@pytest.mark.parametrize(
    ("report", "days", "limit", "said"),
    [
        (2, 0.0, {"day_usd": 3.0}, "raise [llm] day_usd in loop.toml, or wait until tomorrow"),
        (2, 0.0, {"day_tokens": 900}, "Today's runs took 1,000 tokens of 900 tokens; raise [llm] day_tokens"),
        (1, 5.0, {"report_usd": 3.0}, "The runs of this report took $3.00 of $3.00; raise [llm] report_usd"),
        (1, 5.0, {"report_tokens": 900}, "raise [llm] report_tokens in loop.toml"),
    ],
)
async def test_a_limit_that_is_reached_is_named_and_nothing_is_asked(
    desk: Desk, store: Store, report: int, days: float, limit: dict[str, float], said: str
) -> None:
    await spent(store, report, days, 3.0, 1000)
    desk.settings.llm = desk.settings.llm.model_copy(update=limit)
    with pytest.raises(Unavailable, match=r"raise \[llm\]") as error:
        await desk.harness.propose(desk.brief)
    assert said in str(error.value)
    assert desk.server.seen == []
    both = harness(("llm", "search"), desk.settings)
    await both.propose(desk.brief)
    assert both.name == "search"


async def test_what_others_and_other_days_cost_does_not_count(desk: Desk, store: Store) -> None:
    await spent(store, 2, 5.0, 100.0)  # of another report, on another day
    desk.server.answers = [final(why_none="It is meant to be.")]
    assert (await desk.harness.propose(desk.brief)).why_none == "It is meant to be."


async def test_what_a_run_costs_counts_while_it_runs(desk: Desk, store: Store) -> None:
    transcript = await StoreTranscript.open(store, 1, "propose", 1, "llm", "none")
    object.__setattr__(desk.brief, "transcript", transcript)
    desk.settings.llm.report_tokens = 2000
    desk.server.forever = call("list_files")
    with pytest.raises(Unavailable, match="report_tokens"):
        await desk.harness.propose(desk.brief)
    assert len(desk.server.seen) == 2
    async with store.read() as session:
        run = (await session.exec(select(Run))).one()
    assert (run.status, run.tokens) == ("running", 2200)
    await transcript.finish("failed", "the sandbox is gone")
    async with store.read() as session:
        assert (await session.exec(select(Run.tokens))).one() == 2200
    await StoreTranscript.open(store, 1, "propose", 2, "llm", "none")
    again = await StoreTranscript.open(store, 1, "propose", 2, "llm", "none")  # cut off: counted from the start
    await again.spent(0.5, 10)
    await again.finish("done", usd=0.5, tokens=10)
    async with store.read() as session:
        assert (await session.exec(select(Run.usd, Run.tokens).order_by(col(Run.id).desc()))).first() == (0.5, 10)


async def test_a_step_that_is_being_written_gives_way_to_the_finished_one(desk: Desk, store: Store) -> None:
    transcript = await StoreTranscript.open(store, 1, "propose", 1, "llm", "none")
    seen = []
    for text in ("It", "It div", "It divides"):
        await transcript.saying("m answers", text)
        async with store.read() as session:
            seen += [(step.title, step.output) for step in (await session.exec(select(Step))).all()]
    await transcript.step("note", "m answered", "It divides by 0.")
    await transcript.step("read", "read app.py")
    async with store.read() as session:
        steps = (await session.exec(select(Step).order_by(col(Step.id)))).all()
    assert seen == [("m answers", "It"), ("m answers", "It div"), ("m answers", "It divides")]
    assert [(step.title, step.output) for step in steps] == [("m answered", "It divides by 0."), ("read app.py", "")]


async def test_loop_cost_tells_today_and_its_limits(desk: Desk, store: Store) -> None:
    await spent(store, 1, 0.0, 1.5, 1000)
    await spent(store, 1, 5.0, 9.0, 1000)
    told = CliRunner().invoke(app, ["cost", "--repo", str(desk.settings.repo)])
    assert "Today: $1.50 of $50.00, 1,000 of 50,000,000 tokens ([llm] day_usd and day_tokens" in told.output
    (row,) = json.loads(CliRunner().invoke(app, ["cost", "--repo", str(desk.settings.repo), "--json"]).output)
    assert (row["usd"], row["usd_today"], row["tokens_today"]) == (10.5, 1.5, 1000)
