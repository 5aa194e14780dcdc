"""The lines above the list: what runs and since when, what is in trouble, and how seldom they are drawn."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from agents.models import Run, SourceState
from loop_tui import screenshots
from loop_tui.controllers.status import TICK, coarse, running
from loop_tui.widgets import words
from tests.pilot.conftest import Desk, Open


def header(d: Desk) -> str:
    return d.main.bar("header").text


def notice(d: Desk) -> str:
    bar = d.main.bar("notice")
    return bar.text if bar.display else ""


def at(monkeypatch: pytest.MonkeyPatch, seconds: float) -> None:
    monkeypatch.setattr(words, "clock", lambda: screenshots.NOW + timedelta(seconds=seconds))


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(-5, "<1m"), (59, "<1m"), (60, "1m"), (599, "9m"), (600, "10m"), (1799, "25m"), (3599, "55m"), (7300, "2h")],
)
def test_times_are_told_in_coarse_steps(seconds: float, said: str) -> None:
    assert coarse(seconds) == said


def test_what_runs_and_what_waits() -> None:
    runs = [{"stage": "propose", "report_id": n, "started_at": "2026-03-12T14:59:00Z"} for n in range(1, 4)]
    now: dict[str, Any] = {"running": runs, "queued": 2, "to_build": 1}
    assert running(now, named=False) == "3 running, 2 queued, 1 to build"
    assert running({"running": [], "queued": 0, "to_build": 0}, named=True) == "0 running"


async def test_the_header_says_what_runs_since_when_and_what_it_cost(
    desk: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with desk(size=(140, 36)) as d:
        assert "3 need you · 1 running: building #3 3m" in header(d)
        assert "$0.00 today" in header(d)
        at(monkeypatch, 1500)
        d.main.status.say()
        assert "building #3 25m" in header(d)


async def test_a_narrow_header_leaves_the_details_out(desk: Open) -> None:
    async with desk(size=(60, 24)) as d:
        assert "3 need you" in header(d)
        assert "building" not in header(d)
        await d.pilot.resize_terminal(140, 24)
        await d.until(lambda: "building #3 3m" in header(d))


async def test_a_source_in_trouble_is_named_with_since_when(desk: Open) -> None:
    async with desk() as d:
        assert notice(d) == ""
        ago = screenshots.NOW - timedelta(hours=3)
        await d.store(SourceState(name="linear", last_success=ago, last_error="401: the token\x1b[2J expired"))
        await d.until(lambda: notice(d) == "linear gives nothing for 3h: 401: the token␛[2J expired")
        await d.store(SourceState(name="zendesk", last_error="no route"))
        await d.until(lambda: "zendesk gives nothing since it was set up: no route" in notice(d))


async def test_a_feed_that_breaks_off_is_told_until_it_is_followed_again(
    desk: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with desk() as d:
        reader = d.app.inbox.reader
        with monkeypatch.context() as broken:

            def fail(_: int) -> Any:
                raise OSError("the disk is gone")

            broken.setattr(reader, "changed", fail)
            await d.until(lambda: "No news from the store for <1m" in notice(d))
        await d.until(lambda: notice(d) == "")


async def test_what_reads_the_same_is_not_drawn_and_ten_runs_cost_little(
    desk: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with desk() as d:
        begin = screenshots.NOW - timedelta(seconds=30)
        await d.store(
            *(Run(report_id=3, stage="propose", status="running", started_at=begin + timedelta(seconds=7 * n))
              for n in range(10))
        )  # fmt: skip
        await d.until(lambda: "11 running" in header(d))
        bar, drawn = d.main.bar("header"), list[int]()
        monkeypatch.setattr(bar, "refresh", lambda *_: drawn.append(len(bar.text)))
        for _ in range(50):
            d.main.status.say()
        assert drawn == []
        steps = int(600 / TICK)
        for step in range(steps):
            at(monkeypatch, step * TICK)
            d.main.status.say()
        assert 0 < len(drawn) <= 25
        assert sum(drawn) * 3 / 600 <= 300  # a cell costs some bytes more than one where styles change
