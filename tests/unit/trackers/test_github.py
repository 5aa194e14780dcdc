"""GitHub Issues against its contract: pages, limits, ETags, renames, refusals."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

import httpx
import pytest
from openapi_core import Config, OpenAPI
from openapi_core.contrib.starlette import StarletteOpenAPIRequest, StarletteOpenAPIResponse
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from agents.models import SignalState
from tests.unit.trackers import contracts, fake_github
from tests.unit.trackers.driver import Driver
from tests.unit.trackers.services import GITHUB
from tests.unit.trackers.world import World

Drive = Callable[..., Driver]


@cache
def contract() -> OpenAPI:
    found = json.loads(contracts.GITHUB.read_text())
    found["servers"] = [{"url": fake_github.API}]
    return OpenAPI.from_dict(found, config=Config(spec_validator_cls=None))


class ByContract(fake_github.FakeGithub):
    """Refuses what GitHub's published contract does not know, and says nothing that is not in it."""

    def _answer(self, request: Request) -> Response:
        asked = StarletteOpenAPIRequest(request, b"")
        contract().validate_request(asked)
        response = super()._answer(request)
        if response.status_code == 200 and request.url.path.count("/") > 3:
            contract().validate_response(asked, StarletteOpenAPIResponse(response))
        return response


@contracts.needed(contracts.GITHUB)
async def test_what_is_asked_and_answered_is_in_the_contract(drive: Drive) -> None:
    world = World()
    for number in range(7):
        world.open(f"text {number}", pull=number == 3, labels=["bug"])
        world.comment(number + 1, f"comment {number}")
        world.tick(5)
    driver = drive(GITHUB, world, page=3)
    driver.fake = ByContract(world, 3)
    driver.begin()
    await driver.settle()
    await driver.check()
    assert {r.url.path for r in driver.fake.requests} == {
        "/repos/Shop/web", "/repos/Shop/web/issues", "/repos/Shop/web/issues/comments",
    }  # fmt: skip


async def test_what_has_not_changed_is_not_sent_again(drive: Drive) -> None:
    driver = drive(GITHUB)
    driver.world.open()
    await driver.settle()
    before = len(driver.fake.requests)
    await driver.poll()
    asked = driver.fake.requests[before:]
    assert [r.headers.get("if-none-match", "")[:2] for r in asked] == ["W/", "W/"]
    assert (await driver.state()).last_error == ""


async def test_a_backfill_goes_in_bounded_batches_from_where_the_last_one_ended(drive: Drive) -> None:
    driver = drive(GITHUB, page=50, budget=3)
    for number in range(400):
        driver.world.open(f"text {number}")
        driver.world.tick(2)
    driver.world.tick(300)
    sizes = []
    for _ in range(5):
        before = len(driver.fake.requests)
        await driver.poll()
        sizes.append(len(driver.fake.requests) - before)
        await driver.restart()
    assert max(sizes) <= 4  # three pages, and once the repository itself
    await driver.until_read()
    await driver.check()


async def test_many_changes_of_one_second_are_read_by_their_links(drive: Drive) -> None:
    driver = drive(GITHUB, page=3, budget=1)
    for number in range(11):
        driver.world.open(f"text {number}")
    driver.world.tick(5000)
    driver.world.open("later")
    await driver.settle()
    await driver.check()


async def test_only_the_window_is_read(drive: Drive) -> None:
    world = World(timedelta(days=-10))
    world.open("old")
    world.tick(11 * 86_400)
    world.open("new")
    driver = drive(GITHUB, world, since="5d")
    await driver.until_read()
    assert [signal.title for signal in await driver.signals()] == ["Ticket 2"]
    wider = drive(GITHUB, world, since="20d")
    wider.store = driver.store
    wider.services.store = driver.store
    await wider.until_read()
    assert [signal.title for signal in await wider.signals()] == ["Ticket 2", "Ticket 1"]


async def test_a_renamed_repository_is_read_on(drive: Drive) -> None:
    driver = drive(GITHUB)
    driver.world.open()
    await driver.until_read()
    driver.fake.moved = "shop/storefront"
    driver.world.tick(500)
    driver.world.open()
    await driver.settle()
    await driver.check()


async def test_an_issue_carries_what_ties_it_to_an_error(drive: Drive) -> None:
    driver = drive(GITHUB)
    driver.world.open(
        "shop/cart.py fails with KeyError and billing.errors.VatError, see https://shop.example/cart?id=3.",
        labels=["bug"],
    )
    await driver.until_read()
    (signal,) = await driver.signals()
    assert signal.user_key
    assert "ann" not in json.dumps(signal.entities)
    assert signal.entities == {
        "ticket": "shop/web#1", "url": "https://github.com/shop/web/issues/1", "labels": ["bug"], "state": "open",
        "exceptions": ["KeyError", "VatError"], "files": ["shop/cart.py"], "urls": ["https://shop.example/cart?id=3"],
        "author": signal.user_key,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("status", "headers", "message", "said"),
    [
        (401, {}, "Bad credentials", "GitHub refuses GITHUB_TOKEN (401)"),
        (403, {}, "Resource not accessible by personal access token", "give GITHUB_TOKEN Issues: read"),
        (404, {}, "Not Found", "mend [github] repositories"),
        (410, {}, "Issues are disabled for this repo", "take it out of [github] repositories"),
        (422, {}, "Validation Failed \x1b[2J", "GitHub answers 422 (Validation Failed ␛[2J)"),
        (451, {}, "Repository access blocked", "`loop sources check github` asks again"),
    ],
)
async def test_a_refusal_says_what_to_do(
    drive: Drive, status: int, headers: dict[str, str], message: str, said: str
) -> None:
    driver = drive(GITHUB)
    driver.fake.answers = [JSONResponse({"message": message}, status, headers)]
    await driver.poll()
    state = await driver.state()
    assert said in state.last_error
    assert state.last_success is None
    await driver.poll()
    assert (await driver.state()).last_error == ""


@pytest.mark.parametrize(
    ("status", "headers", "message", "seconds"),
    [
        (403, {"x-ratelimit-remaining": "0", "x-ratelimit-reset": "RESET"}, "API rate limit exceeded", 900),
        (429, {"retry-after": "120"}, "", 120),
        (403, {"retry-after": "DATE"}, "You have exceeded a secondary rate limit.", 300),
        (403, {}, "You have exceeded a secondary rate limit.", 60),
    ],
)
async def test_a_limit_is_kept_to_by_the_clock_there(
    drive: Drive, status: int, headers: dict[str, str], message: str, seconds: int
) -> None:
    driver = drive(GITHUB, World(timedelta(hours=7)))
    there = driver.world.now
    known = {
        "RESET": str(int(there.timestamp()) + 900),
        "DATE": (there + timedelta(seconds=300)).strftime("%a, %d %b %Y %H:%M:%S GMT"),
    }
    given = {name: known.get(value, value) for name, value in headers.items()}
    driver.fake.answers = [JSONResponse({"message": message}, status, given)]
    from agents.polling import poll_due

    await poll_due(driver.services, [driver.source], force=True)
    state = await driver.state()
    assert state.retry_at is not None
    assert abs((state.retry_at - datetime.now(UTC)).total_seconds() - seconds) < 15
    assert "asked again" in state.last_error
    asked = len(driver.fake.requests)
    await poll_due(driver.services, [driver.source], force=True)
    assert len(driver.fake.requests) == asked


async def test_a_spent_limit_is_not_run_into(drive: Drive) -> None:
    driver = drive(GITHUB)
    driver.world.open()
    driver.fake.remaining = 0
    await driver.poll()
    assert len(driver.fake.requests) == 2  # the repository, which says nothing of limits, and one page
    assert len(await driver.signals()) == 1


async def test_rows_that_cannot_be_read_are_refused_and_the_rest_is_kept(drive: Drive) -> None:
    driver = drive(GITHUB)
    thing = driver.world.open()
    rows: list[Any] = [None, 3, {"id": "x"}, {"id": 5, "updated_at": "yesterday"}, fake_github.issue(thing)]
    odd = {**fake_github.issue(thing), "id": 1, "number": 9, "user": 7, "labels": "x", "body": {"a": 1}, "title": None}
    driver.fake.answers = [JSONResponse(fake_github.repository()), JSONResponse([*rows, odd])]
    await driver.poll()
    found = {signal.external_id: signal for signal in await driver.signals()}
    assert set(found) == {"7#1", "7#9"}
    assert found["7#9"].title == "(no title)"
    assert (await driver.state()).last_error == ""


async def test_one_repository_that_cannot_be_read_stops_no_other(drive: Drive) -> None:
    driver = drive(GITHUB, repositories=["shop/secret", "shop/web"])
    driver.world.open()
    await driver.poll()
    assert len(await driver.signals()) == 1
    assert "404" in (await driver.state()).last_error


async def test_a_server_of_ones_own_is_read_over_the_network(drive: Drive, unused: int) -> None:
    import uvicorn

    world = World()
    world.open()
    driver = drive(GITHUB, world, api=f"http://127.0.0.1:{unused}")
    server = uvicorn.Server(uvicorn.Config(driver.fake, port=unused, log_config=None, lifespan="off", ws="none"))
    task = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0.01)
    from agents.collect.github import GithubSource
    from agents.polling import poll_due

    await poll_due(driver.services, [GithubSource(driver.settings.github)], force=True)
    server.should_exit = True
    await task
    assert [signal.state for signal in await driver.signals()] == [SignalState.GROUPED]
    await poll_due(driver.services, [GithubSource(driver.settings.github)], force=True)
    assert "cannot be reached at 127.0.0.1" in (await driver.state()).last_error


@pytest.fixture
def unused() -> int:
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.mark.parametrize(
    ("api", "hosts", "said"),
    [
        ("https://evil.example/api/v3", "", "set LOOP_SOURCE_HOSTS=evil.example"),
        ("http://api.github.com", "", "unencrypted"),
        ("https://api.github.com.evil.example", "", "LOOP_SOURCE_HOSTS"),
        ("ftp://api.github.com", "", "no address of a server"),
        ("https://git.shop.example/api/v3", "git.shop.example", ""),
        ("https://api.github.com", "", ""),
    ],
)
async def test_a_repository_alone_does_not_choose_where_the_token_goes(
    drive: Drive, monkeypatch: pytest.MonkeyPatch, api: str, hosts: str, said: str
) -> None:
    monkeypatch.setenv("LOOP_SOURCE_HOSTS", hosts)
    driver = drive(GITHUB, api=api)
    await driver.poll()
    told = (await driver.state()).last_error
    assert (said in told) if said else "key" not in told
    assert bool(driver.fake.requests) == (not said)


@pytest.mark.parametrize(
    "answer",
    [
        Response(None, 301, {"location": "https://evil.example/repos/shop/web"}),
        Response("[]", 200, {"link": '<https://evil.example/issues?page=2>; rel="next"'}),
        Response(None, 302, {"location": "//evil.example/x"}),
        Response(None, 301, {"location": "https://[bad"}),
    ],
)
async def test_the_token_follows_no_way_to_another_server(drive: Drive, answer: Response) -> None:
    driver = drive(GITHUB)
    asked: list[str] = []

    class Watching(httpx.AsyncBaseTransport):
        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            asked.append(request.url.host)
            return await inner.handle_async_request(request)

    inner, driver.source.transport = driver.transport, Watching()
    first = [] if answer.status_code != 200 else [JSONResponse(fake_github.repository())]
    driver.fake.answers = [*first, answer]
    await driver.poll()
    told = (await driver.state()).last_error
    assert "another server" in told or "an address that is none" in told
    assert set(asked) == {"api.github.com"}


async def test_without_a_token_it_says_which_and_what_rights(drive: Drive, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GITHUB_TOKEN")
    driver = drive(GITHUB)
    await driver.poll()
    told = (await driver.state()).last_error
    for part in ("GITHUB_TOKEN in the environment", "keyring set loop GITHUB_TOKEN", "Issues: read"):
        assert part in told
