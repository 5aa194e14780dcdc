"""Any interleaving of changes, polls, webhooks, faults and deaths gives each ticket exactly once, as it is now."""

from __future__ import annotations

import asyncio
import os
import tempfile
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st

from tests.unit.trackers import contracts
from tests.unit.trackers.driver import Driver, Service
from tests.unit.trackers.services import GITHUB, LINEAR, ZENDESK
from tests.unit.trackers.world import World

EXAMPLES = int(os.environ.get("LOOP_EXAMPLES", "8"))

number = st.integers(0, 5)
lag = st.sampled_from([0, 0, 0, 20, 45])
die = st.sampled_from([None, None, None, 0, 1, 2, 3, 5])
faults = st.lists(st.sampled_from(["", "", "500", "429", "503", "reset", "cut", "half"]), max_size=6)
STEP = st.one_of(
    st.tuples(st.just("open"), lag, st.booleans(), st.booleans()),
    st.tuples(st.just("open"), lag, st.just(False), st.just(False)),
    st.tuples(st.just("edit"), number, lag),
    st.tuples(st.just("close"), number, lag),
    st.tuples(st.just("reopen"), number, lag),
    st.tuples(st.just("delete"), number),
    st.tuples(st.just("comment"), number, lag, st.booleans()),
    st.tuples(st.just("edit comment"), number, number, lag),
    st.tuples(st.just("delete comment"), number, number),
    st.tuples(st.just("tick"), st.sampled_from([0, 1, 30, 90, 4000])),
    st.tuples(st.just("poll"), faults, die),
    st.tuples(st.just("poll"), st.just([]), st.none()),
    st.tuples(st.just("hook"), st.integers(0, 30), die),
    st.tuples(st.just("restart")),
)


def change(world: World, step: Any, count: int, without: frozenset[str]) -> None:
    """Let one thing happen in the world, where it can."""
    kind, *more = step
    if kind in without:
        return
    if kind == "open":
        bot, pull = more[1] and "bot" not in without, more[2] and "pull" not in without
        world.open(f"text {count}", lag=more[0], bot=bot, pull=pull)
        return
    things = [t for t in world.things.values() if t.state != "gone"]
    if not things:
        return
    thing = things[more[0] % len(things)]
    comments = [c for c in thing.comments if not c.gone]
    match kind:
        case "edit":
            world.edit(thing.number, f"text {count}", lag=more[1])
        case "close":
            world.close(thing.number, lag=more[1])
        case "reopen":
            world.reopen(thing.number, lag=more[1])
        case "delete":
            world.delete(thing.number)
        case "comment":
            world.comment(thing.number, f"comment {count}", lag=more[1], bot=more[2])
        case "edit comment" if comments:
            world.edit_comment(thing.number, comments[more[1] % len(comments)], f"comment {count}", lag=more[2])
        case "delete comment" if comments:
            world.delete_comment(thing.number, comments[more[1] % len(comments)])


async def scenario(service: Service, template: Path, steps: list[Any], page: int, budget: int, skew: int) -> None:
    world = World(timedelta(hours=skew))
    with tempfile.TemporaryDirectory(dir="/dev/shm" if Path("/dev/shm").is_dir() else None) as folder:
        driver = Driver(service, world, Path(folder), template, page, budget)
        try:
            for count, step in enumerate(steps):
                world.tick(1)
                match step[0]:
                    case "tick":
                        world.tick(step[1])
                    case "poll":
                        await driver.poll(step[1], step[2])
                    case "hook" if world.news:
                        await driver.deliver(world.news[step[1] % len(world.news)], step[2])
                    case "restart":
                        await driver.restart()
                    case "hook":
                        pass
                    case _:
                        change(world, step, count, service.without)
            await driver.settle()
            await driver.check()
        finally:
            await driver.store.close()


@pytest.mark.parametrize(
    "service",
    [GITHUB, pytest.param(LINEAR, marks=contracts.needed(contracts.LINEAR)), ZENDESK],
    ids=lambda service: service.name,
)
@example(  # what comes to light late, dated before what is known
    steps=[("open", 0, 0, 0), ("open", 45, 0, 0), ("open", 0, 0, 0), ("poll", [], None), ("tick", 90)],
    page=6, budget=6, skew=0,
)  # fmt: skip
@example(  # killed between storing and the cursor, twice, amid pages
    steps=[*[("open", 0, 0, 0)] * 9, ("tick", 90), *[("poll", [], 2)] * 2, ("edit", 1, 0), ("poll", ["half"], 3)],
    page=3, budget=6, skew=200,
)  # fmt: skip
@example(  # what changes while a list is read, page by page
    steps=[*[("open", 0, 0, 0)] * 8, ("tick", 90), ("poll", [], None), *[("edit", 0, 0), ("poll", [], None)] * 3],
    page=3, budget=1, skew=0,
)  # fmt: skip
@example(  # a webhook that comes after its ticket has moved on
    steps=[("open", 0, 0, 0), ("edit", 0, 0), ("poll", [], None), ("hook", 0, None), ("hook", 0, None)],
    page=6, budget=6, skew=0,
)  # fmt: skip
@example(  # a comment on a ticket that no list of tickets has shown yet
    steps=[("open", 0, 0, 0), ("poll", [], None), ("open", 45, 0, 0), ("comment", 1, 0, 0), ("poll", [], None)],
    page=6, budget=6, skew=0,
)  # fmt: skip
@settings(
    max_examples=EXAMPLES,
    deadline=None,
    phases=(Phase.explicit, Phase.reuse, Phase.generate),  # shrinking what takes so long to run takes minutes
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    steps=st.lists(STEP, min_size=4, max_size=40),
    page=st.integers(3, 6),
    budget=st.integers(1, 6),
    skew=st.sampled_from([0, -200, 30, 200]),
)
def test_each_ticket_comes_exactly_once(
    service: Service, template: Path, steps: list[Any], page: int, budget: int, skew: int
) -> None:
    asyncio.run(scenario(service, template, steps, page, budget, skew))
