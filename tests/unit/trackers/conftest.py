"""An empty store to copy, keys, and no waiting between attempts."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import stamina

from agents.store import Store
from tests.unit.trackers.driver import Driver, Service
from tests.unit.trackers.world import World


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("template") / "loop.db"

    async def make() -> None:
        store = await Store.open(f"sqlite+aiosqlite:///{path}")
        await store.close()

    asyncio.run(make())
    return path


@pytest.fixture(autouse=True)
def _keys(monkeypatch: pytest.MonkeyPatch) -> None:
    keys = {
        "GITHUB_TOKEN": "good", "GITHUB_WEBHOOK_SECRET": "github-secret", "LINEAR_API_KEY": "lin_api_good",
        "LINEAR_WEBHOOK_SECRET": "linear-secret", "ZENDESK_EMAIL": "ann@shop.example", "ZENDESK_API_TOKEN": "good",
        "ZENDESK_WEBHOOK_SECRET": "zendesk-secret",
    }  # fmt: skip
    for name, value in keys.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("ZENDESK_OAUTH_TOKEN", raising=False)
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.null.Keyring")
    monkeypatch.delenv("LOOP_SOURCE_HOSTS", raising=False)


@pytest.fixture(autouse=True)
def _no_waiting() -> Iterator[None]:
    with stamina.set_testing(True, attempts=4):
        yield


@pytest.fixture
async def drive(tmp_path: Path, template: Path) -> AsyncIterator[Callable[..., Driver]]:
    """A function that makes a run with a tracker, on a store of its own."""
    made: list[Driver] = []

    def make(service: Service, world: World | None = None, *, page: int = 100, budget: int = 10, **more: Any) -> Driver:
        folder = tmp_path / str(len(made))
        folder.mkdir()
        whole = replace(service, section={**service.section, **more})
        made.append(Driver(whole, world or World(), folder, template, page, budget))
        return made[-1]

    yield make
    for driver in made:
        await driver.store.close()
