"""Zendesk's exports: their end, their pace, who may read them, what comments are."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
import yaml
from starlette.responses import JSONResponse

from agents.polling import poll_due
from tests.unit.trackers import contracts, fake_zendesk
from tests.unit.trackers.driver import Driver
from tests.unit.trackers.services import ZENDESK

Drive = Callable[..., Driver]


@contracts.needed(contracts.ZENDESK)
async def test_what_is_asked_is_in_the_contract(drive: Drive) -> None:
    known = yaml.safe_load(contracts.ZENDESK.read_text())
    driver = drive(ZENDESK)
    driver.world.open()
    driver.world.comment(1, "More.")
    await driver.settle()
    names = {"IncrementalUnixTime": "start_time", "IncrementalCursor": "cursor"}  # what they refer to is not in it
    for request in driver.fake.requests:
        path = known["paths"][request.url.path]
        assert "get" in path
        allowed = {names[p["$ref"].rpartition("/")[2]] for p in path["parameters"]} | {"include", "per_page"}
        assert set(request.query_params) <= allowed


async def test_no_more_than_ten_requests_are_made_in_a_minute(drive: Drive) -> None:
    driver = drive(ZENDESK, page=2)
    for number in range(40):
        driver.world.open(f"text {number}")
        driver.world.tick(5)
    driver.world.tick(100)
    await poll_due(driver.services, [driver.source], force=True)
    await poll_due(driver.services, [driver.source], force=True)
    assert len(driver.fake.requests) == 10
    state = await driver.state()
    assert state.retry_at is not None
    assert 0 < (state.retry_at - datetime.now(UTC)).total_seconds() <= 60
    assert len(await driver.signals()) == 20


async def test_many_comments_of_one_second_do_not_hold_it_up(drive: Drive) -> None:
    driver = drive(ZENDESK, page=3)
    driver.world.open()
    for number in range(3):
        driver.world.comment(1, f"comment {number}")
    driver.world.tick(10)
    driver.world.comment(1, "later")
    await driver.settle()
    await driver.check()


@pytest.mark.parametrize(("internal", "body"), [(False, "It fails."), (True, "It fails.\n\nThe customer is right.")])
async def test_what_customers_do_not_see_is_read_only_where_that_is_asked_for(
    drive: Drive, internal: bool, body: str
) -> None:
    driver = drive(ZENDESK, internal_notes=internal)
    thing = driver.world.open()
    said = driver.world.comment(1, "The customer is right.")
    event = fake_zendesk.event(thing, said)
    event["child_events"][1]["public"] = False
    driver.world.tick(300)
    events = {"ticket_events": [event], "end_time": int(said.at.timestamp()), "end_of_stream": True, "count": 1}
    ticket = {"tickets": [fake_zendesk.ticket(thing)], "after_cursor": "x", "end_of_stream": True}
    driver.fake.answers = [JSONResponse(ticket), JSONResponse(events)]
    await driver.poll()
    assert [signal.body for signal in await driver.signals()] == [body]


@pytest.mark.parametrize(
    ("status", "said"),
    [
        (401, "check ZENDESK_EMAIL and ZENDESK_API_TOKEN"), (403, "administrators alone"),
        (404, "mend [zendesk] subdomain"), (422, "`loop sources backfill zendesk`"), (418, "answers 418"),
    ],
)  # fmt: skip
async def test_a_refusal_says_what_to_do(drive: Drive, status: int, said: str) -> None:
    driver = drive(ZENDESK)
    driver.fake.answers = [JSONResponse({"error": "no"}, status)]
    await driver.poll()
    assert said in (await driver.state()).last_error


async def test_retry_after_is_kept_to(drive: Drive) -> None:
    driver = drive(ZENDESK)
    driver.fake.answers = [JSONResponse({}, 429, {"retry-after": "93"})]
    await poll_due(driver.services, [driver.source], force=True)
    state = await driver.state()
    assert state.retry_at is not None
    assert 80 < (state.retry_at - datetime.now(UTC)).total_seconds() <= 93


async def test_a_token_or_an_oauth_token_is_enough(drive: Drive, monkeypatch: pytest.MonkeyPatch) -> None:
    assert await drive(ZENDESK).source.check() == "may export the tickets of shop.zendesk.com"
    monkeypatch.delenv("ZENDESK_API_TOKEN")
    driver = drive(ZENDESK)
    await driver.poll()
    assert "ZENDESK_API_TOKEN in the environment" in (await driver.state()).last_error
    monkeypatch.setenv("ZENDESK_OAUTH_TOKEN", "abc")
    async with drive(ZENDESK).source.api() as api:
        assert api._headers["Authorization"] == "Bearer abc"
