"""A seeded project with the application on it."""

from __future__ import annotations

import asyncio
import shutil
import threading
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert

from agents.inbox import Inbox
from agents.models import Report
from loop_tui import screenshots, soon
from loop_tui.app import LoopApp
from loop_tui.controllers import read
from loop_tui.pictures.repository import make_repo
from loop_tui.screens.main import MainScreen
from loop_tui.widgets import words

settle = screenshots.settle


@pytest.fixture(autouse=True)
def fixed_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(words, "clock", lambda: screenshots.NOW)
    monkeypatch.setattr(read, "REST", 0.0)
    monkeypatch.setattr(soon, "sleep", lambda _: asyncio.sleep(0))


class Desk:
    """A running application and a second inbox on the same store: what a key did is read past the screen."""

    def __init__(self, app: LoopApp, pilot: Any, inbox: Inbox) -> None:
        self.app, self.pilot, self.inbox = app, pilot, inbox

    @property
    def main(self) -> MainScreen:
        assert self.app.main is not None
        return self.app.main

    async def press(self, *keys: str) -> None:
        for key in keys:
            await self.pilot.press(key)
            await settle(self.pilot)

    async def go(self, title: str) -> int:
        for card in await self.inbox.cards(self.main.rows.order):
            if title in card["title"]:
                self.main.rows.select(card["id"])
                await settle(self.pilot)
                return int(card["id"])
        raise AssertionError(f"{title!r} is not in the list")

    def report(self, report_id: int) -> dict[str, Any]:
        return self.inbox.report_now(report_id)

    async def store(self, *things: Any) -> None:
        async with (await self.inbox.services()).store.write() as session:
            session.add_all(things)

    async def until(self, check: Callable[[], bool]) -> None:
        for _ in range(200):
            if check():
                return
            await self.pilot.pause(0.02)
        raise AssertionError("it never came true")

    def told(self) -> str:
        return " | ".join(notice.message for notice in self.app._notifications)

    def screen(self) -> str:
        """All that is drawn, as text."""
        return "\n".join("".join(seg.text for seg in strip) for strip in self.app.screen._compositor.render_strips())


Open = Callable[..., AbstractAsyncContextManager[Desk]]


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository with a filled store, made once and copied for each test."""
    repo = tmp_path_factory.mktemp("template") / "shop-api"
    thread = threading.Thread(target=lambda: asyncio.run(screenshots.prepare(repo, True)))
    thread.start()
    thread.join()
    return repo


@pytest.fixture
def desk(tmp_path: Path, template: Path) -> Open:
    @asynccontextmanager
    async def opened(
        reports: Sequence[Report | dict[str, Any]] | None = None, size: tuple[int, int] = (120, 36), **extra: Any
    ) -> AsyncIterator[Desk]:
        repo = tmp_path / "shop-api"
        if reports is None:
            shutil.copytree(template, repo)
        else:
            make_repo(repo)
        settings: dict[str, Any] = {"who": "you@devbox", "name": "shop-api"}
        async with await Inbox.open(repo, **settings) as inbox:
            if reports:
                rows = [r if isinstance(r, dict) else r.model_dump(exclude={"id"}) for r in reports]
                async with (await inbox.services()).store.write() as session:
                    await session.exec(insert(Report), params=rows)
            app = LoopApp(repo, engine=False, **{**settings, **extra})
            async with app.run_test(size=size) as pilot:
                await settle(pilot)
                yield Desk(app, pilot, inbox)

    return opened
