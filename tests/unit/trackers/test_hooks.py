"""Webhooks at the real endpoint: signatures over the bytes, each delivery once, nothing from a source that is off."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from agents.config import IngestSettings
from agents.decide import switch_source
from agents.intake import listen
from agents.models import SignalState
from tests.unit.trackers import contracts
from tests.unit.trackers.driver import Driver, Service
from tests.unit.trackers.services import GITHUB, LINEAR, ZENDESK
from tests.unit.trackers.world import World

Drive = Callable[..., Driver]
ALL = pytest.mark.parametrize("service", [GITHUB, LINEAR, ZENDESK], ids=lambda service: service.name)
POLLED = pytest.mark.parametrize(
    "service",
    [GITHUB, pytest.param(LINEAR, marks=contracts.needed(contracts.LINEAR)), ZENDESK],
    ids=lambda service: service.name,
)
Post = Callable[..., Any]


@asynccontextmanager
async def endpoint(driver: Driver) -> AsyncIterator[Post]:
    driver.settings.ingest = IngestSettings(port=0, max_body=200_000)
    server = await listen(driver.services)
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{server.port}") as client:

        async def post(headers: dict[str, str], data: bytes, source: str = driver.service.name) -> httpx.Response:
            return await client.post(f"/hooks/{source}", content=data, headers=headers)

        yield post
    await server.stop()


def fresh() -> World:
    return World(datetime.now(UTC) - World().now)


@ALL
async def test_a_webhook_becomes_a_signal_once(drive: Drive, service: Service) -> None:
    driver = drive(service, fresh())
    driver.world.open("It fails with KeyError.")
    headers, data = service.webhook(driver.world.news[0])
    async with endpoint(driver) as post:
        for _ in range(3):
            answer = await post(headers, data)
            assert (answer.status_code, answer.json()) == (200, {"taken": 1})
    (signal,) = await driver.signals()
    assert signal.state is SignalState.GROUPED
    assert signal.entities["exceptions"] == ["KeyError"]


@ALL
async def test_nothing_is_taken_that_is_not_signed(
    drive: Drive, service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    driver = drive(service, fresh())
    driver.world.open()
    headers, data = service.webhook(driver.world.news[0])
    signature = next(name for name in headers if "signature" in name and not name.endswith("timestamp"))
    async with endpoint(driver) as post:
        assert (await post(headers, data + b" ")).status_code == 401
        assert (await post({**headers, signature: "sha256=" + "0" * 64}, data)).status_code == 401
        assert (await post({**headers, signature: ""}, data)).status_code == 401
        assert (await post({k: v for k, v in headers.items() if k != signature}, data)).status_code == 401
        assert (await post(headers, b"x" * 300_000)).status_code == 413
        assert (await post(headers, data, "jira")).status_code == 404
        monkeypatch.delenv(f"{service.name.upper()}_WEBHOOK_SECRET")
        refused = await post(headers, data)
    assert refused.status_code == 403
    assert f"{service.name.upper()}_WEBHOOK_SECRET" in refused.json()["detail"]
    assert await driver.signals() == []


@pytest.mark.parametrize("service", [LINEAR, ZENDESK], ids=lambda service: service.name)
async def test_an_old_one_is_not_taken_again(drive: Drive, service: Service) -> None:
    world = World(datetime.now(UTC) - World().now - timedelta(minutes=7))
    world.open()
    driver = drive(service, world)
    async with endpoint(driver) as post:
        assert (await post(*service.webhook(world.news[0]))).status_code == 401


@ALL
async def test_one_that_comes_late_changes_nothing(drive: Drive, service: Service) -> None:
    driver = drive(service, fresh())
    driver.world.open("first")
    driver.world.tick(2)
    driver.world.edit(1, "second")
    async with endpoint(driver) as post:
        for news in reversed(driver.world.news):
            assert (await post(*service.webhook(news))).status_code == 200
    (signal,) = await driver.signals()
    assert signal.body == "second"


@POLLED
async def test_a_source_that_is_off_takes_none(drive: Drive, service: Service) -> None:
    driver = drive(service, fresh())
    driver.world.open()
    await switch_source(driver.services, "Ann", service.name, False)
    async with endpoint(driver) as post:
        assert (await post(*service.webhook(driver.world.news[0]))).status_code == 200
    assert await driver.signals() == []
    await driver.poll()
    assert not driver.fake.requests
    await switch_source(driver.services, "Ann", service.name, True)
    await driver.settle()
    await driver.check()


@pytest.mark.parametrize(
    ("headers", "body", "status"),
    [
        ({"x-github-event": "ping"}, {"zen": "Keep it simple."}, 200),
        ({"x-github-event": "issues"}, {"action": "opened"}, 200),
        ({"x-github-event": "issues"}, [1, 2], 200),
        ({"x-github-event": "issues"}, {"repository": {"full_name": "shop/web"}, "issue": {"id": 1}}, 200),
        ({"x-github-event": "issues"}, "payload=%7B%7D", 415),
    ],
)
async def test_what_says_nothing_of_issues_is_no_signal(
    drive: Drive, headers: dict[str, str], body: Any, status: int
) -> None:
    driver = drive(GITHUB)
    data = body.encode() if isinstance(body, str) else json.dumps(body).encode()
    signed = "sha256=" + hmac.new(b"github-secret", data, hashlib.sha256).hexdigest()
    async with endpoint(driver) as post:
        answer = await post({**headers, "x-hub-signature-256": signed}, data)
    assert answer.status_code == status
    assert await driver.signals() == []


async def test_zendesk_signs_its_time_with_the_body(drive: Drive) -> None:
    driver = drive(ZENDESK, fresh())
    driver.world.open()
    headers, data = ZENDESK.webhook(driver.world.news[0])
    later = (driver.world.now + timedelta(seconds=30)).strftime("%Y-%m-%dT%H:%M:%SZ")
    made = hmac.new(b"zendesk-secret", data, hashlib.sha256).digest()
    async with endpoint(driver) as post:
        assert (await post({**headers, "x-zendesk-webhook-signature-timestamp": later}, data)).status_code == 401
        alone = {**headers, "x-zendesk-webhook-signature": base64.b64encode(made).decode()}
        assert (await post(alone, data)).status_code == 401
