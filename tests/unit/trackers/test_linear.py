"""Linear against its schema: queries, places in a list, limits, keys."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import graphql
import pytest
from starlette.responses import JSONResponse

from agents.collect import linear
from agents.polling import poll_due
from tests.unit.trackers import contracts, fake_linear
from tests.unit.trackers.driver import Driver
from tests.unit.trackers.services import LINEAR
from tests.unit.trackers.world import World

Drive = Callable[..., Driver]
pytestmark = contracts.needed(contracts.LINEAR)


@pytest.mark.parametrize("query", [linear.ISSUES, linear.COMMENTS, linear.TEAMS])
def test_a_query_fits_the_schema(query: str) -> None:
    assert graphql.validate(fake_linear.schema(), graphql.parse(query)) == []


async def test_reading_that_was_cut_off_goes_on_and_then_reads_what_came_meanwhile(drive: Drive) -> None:
    driver = drive(LINEAR, page=3, budget=2)
    for number in range(12):
        driver.world.open(f"text {number}")
        driver.world.tick(10)
    await driver.poll()
    driver.world.edit(1, "edited meanwhile")
    await driver.restart()
    await driver.settle()
    await driver.check()


async def test_a_place_that_is_no_more_begins_the_reading_again(drive: Drive) -> None:
    driver = drive(LINEAR, page=3, budget=1)
    for number in range(9):
        driver.world.open(f"text {number}")
        driver.world.tick(10)
    await driver.poll()
    del driver.world.things[7]  # the third from the end, where the first page ended
    driver.world.news = [news for news in driver.world.news if news.thing.number != 7]
    await driver.settle()
    assert {signal.external_id for signal in await driver.signals()} == {f"issue-{n}" for n in range(1, 10)}


async def test_a_limit_comes_as_400_and_ends_at_a_time_in_milliseconds(drive: Drive) -> None:
    driver = drive(LINEAR, World(timedelta(hours=-5)))
    reset = int((driver.world.now + timedelta(seconds=700)).timestamp() * 1000)
    headers = {"x-ratelimit-complexity-remaining": "0", "x-ratelimit-complexity-reset": str(reset)}
    error = {"message": "Rate limit exceeded", "extensions": {"code": "RATELIMITED"}}
    driver.fake.answers = [JSONResponse({"errors": [error]}, 400, headers)]
    await poll_due(driver.services, [driver.source], force=True)
    state = await driver.state()
    assert state.retry_at is not None
    assert abs((state.retry_at - datetime.now(UTC)).total_seconds() - 700) < 15


@pytest.mark.parametrize(
    ("key", "sent"), [("lin_api_secret", "lin_api_secret"), ("lin_oauth_secret", "Bearer lin_oauth_secret")]
)
async def test_a_personal_key_goes_without_bearer(
    drive: Drive, monkeypatch: pytest.MonkeyPatch, key: str, sent: str
) -> None:
    monkeypatch.setenv("LINEAR_API_KEY", key)
    driver = drive(LINEAR)
    async with driver.source.api() as api:
        assert api._headers["Authorization"] == sent
    await driver.poll()
    told = (await driver.state()).last_error
    assert told.startswith("Linear refuses LINEAR_API_KEY (401)")
    assert "secret" not in told


async def test_the_check_names_a_team_that_the_key_does_not_see(drive: Drive) -> None:
    assert await drive(LINEAR).source.check() == "may read the issues of ENG"
    with pytest.raises(linear.SourceError, match="no team OPS to LINEAR_API_KEY"):
        await drive(LINEAR, teams=["ENG", "OPS"]).source.check()


@pytest.mark.parametrize(
    "answer",
    [
        JSONResponse({"data": None}), JSONResponse([1]), JSONResponse({"data": {"found": {"nodes": 3}}}),
        JSONResponse({"errors": ["no"], "data": {}}), JSONResponse({"errors": [{"extensions": 3}]}, 400),
    ],
)  # fmt: skip
async def test_answers_of_other_shapes_end_in_a_sentence(drive: Drive, answer: JSONResponse) -> None:
    driver = drive(LINEAR)
    driver.fake.answers = [answer]
    await driver.poll()
    assert (await driver.state()).last_error.startswith("Linear answers ")
