"""How each screen looks whole, in small, middle and large terminals and with the terminal's own colours."""

from __future__ import annotations

import asyncio
import shutil
import threading
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import text

from agents.inbox import Inbox
from agents.models import Presence, Run, SourceState
from loop_tui import screenshots, soon
from loop_tui.app import LoopApp
from loop_tui.controllers import read
from loop_tui.preferences import Preferences
from loop_tui.widgets import words

TINY, SMALL, MIDDLE, LARGE = (40, 16), (80, 24), (120, 36), (160, 45)
Change = Callable[[Inbox], Awaitable[None]]


def _apart(work: Any) -> None:
    """Run to its end on a loop of its own, whatever loop pytest keeps."""
    thread = threading.Thread(target=asyncio.run, args=(work,))
    thread.start()
    thread.join()


@pytest.fixture(scope="session")
def seeded(tmp_path_factory: pytest.TempPathFactory) -> dict[bool, Path]:
    made = {}
    for filled in (True, False):
        made[filled] = tmp_path_factory.mktemp("screens") / "shop-api"
        _apart(screenshots.prepare(made[filled], filled))
    return made


async def _as_it_is(inbox: Inbox) -> None:
    """Nothing is changed."""


async def _one(inbox: Inbox) -> None:
    async with (await inbox.services()).store.write() as session:
        await session.exec(text("UPDATE report SET status = 'declined' WHERE id <> 1"))


async def _busy(inbox: Inbox) -> None:
    """Runs of two stages, a source in trouble, another person who looks on."""
    at = screenshots.NOW - timedelta(minutes=7)
    async with (await inbox.services()).store.write() as session:
        session.add_all([
            Run(report_id=4, stage="investigate", harness="search", sandbox="docker", started_at=at),
            SourceState(name="linear", last_success=at - timedelta(hours=3), last_error="The token expired."),
            Presence(session="other", who="mira@laptop", report_id=2, at=datetime.now(UTC)),
        ])  # fmt: skip
    await inbox.claim(1)


async def _decided(inbox: Inbox) -> None:
    await inbox.decline(4, "intended", "quotes are not searched on purpose")
    await inbox.set_priority(2, 0, "three tickets a day")
    await inbox.snooze(1, "users>100")
    async with (await inbox.services()).store.write() as session:
        await session.exec(text("UPDATE journal SET at = :at").bindparams(at=_STORED))


_STORED = "2026-03-12 14:20:00.000000"


def _screen(
    expected: str, size: tuple[int, int], *keys: str, theme: str = "dark", change: Change = _as_it_is,
    filled: bool = True,
) -> Any:  # fmt: skip
    return pytest.param(size, keys, theme, change, filled, id=expected)


_EACH: dict[str, dict[str, Any]] = {
    "the list": {},
    "a report": {"keys": ("enter",)},
    "merge": {"keys": ("m",)},
    "decline": {"keys": ("x", "5")},
    "snooze": {"keys": ("s",)},
    "a question": {"keys": ("j", "a", "3")},
    "history": {"keys": ("H",), "change": _decided},
    "all keys": {"keys": ("question_mark",)},
    "the palette": {"keys": ("ctrl+p", *"snoo")},
    "where the signals went": {"keys": ("F",), "change": _busy},
    "the first run": {"filled": False},
    "the code a finding names": {"keys": ("enter", "right_square_bracket", "right_square_bracket", "enter")},
}
_WAYS = (
    ("forty columns", TINY, "dark"), ("eighty", SMALL, "dark"), ("a hundred and sixty", LARGE, "light"),
    ("the terminal's own colours", MIDDLE, "ansi"),
)  # fmt: skip
_MATRIX = [
    _screen(f"{what}, {way}", size, *how.get("keys", ()), theme=theme,
            change=how.get("change", _as_it_is), filled=how.get("filled", True))
    for what, how in _EACH.items() for way, size, theme in _WAYS
]  # fmt: skip


@pytest.mark.parametrize(
    ("size", "keys", "theme", "change", "filled"),
    [
        *_MATRIX,
        _screen("sixty columns, two lines for each report", (60, 20)),
        _screen("one report alone in its section", SMALL, change=_one),
        _screen("a range is marked, the footer offers what takes many", SMALL, "g", "a", "v", "j", "j"),
        _screen("claimed by one, looked at by another, stages and a source in trouble", LARGE, change=_busy),
        _screen("the same in forty columns", TINY, change=_busy),
        _screen("the same in the terminal's own colours", SMALL, theme="ansi", change=_busy),
        _screen("the filter is typed with its hint below", SMALL, "/"),
        _screen("a filter that means nothing says what would", SMALL, "/", *"p:nine", "enter"),
        _screen("nothing matches, and how to end the filter", SMALL, "/", *"zebra", "enter"),
        _screen("a command is completed while it is typed", SMALL, ":", *"sno"),
    ],
)
def test_screen(
    size: tuple[int, int], keys: tuple[str, ...], theme: str, change: Change, filled: bool, snap_compare: Any,
    seeded: dict[bool, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr(words, "clock", lambda: screenshots.NOW)
    monkeypatch.setattr(read, "REST", 0.0)
    monkeypatch.setattr(soon, "sleep", lambda _: asyncio.sleep(0))
    monkeypatch.setattr(read, "READ_AFTER", 3600.0)  # how long a slow machine stood there is not to be seen
    repo = tmp_path / "shop-api"
    shutil.copytree(seeded[filled], repo)

    async def prepare() -> None:
        async with await Inbox.open(repo, who="you@devbox", name="shop-api") as inbox:
            await change(inbox)

    _apart(prepare())

    async def act(pilot: Any) -> None:
        await screenshots.settle(pilot)
        app: LoopApp = pilot.app
        assert app.main is not None
        app.main.rows.see(await app.inbox.looking())
        for key in keys:
            await pilot.press(key)
            await screenshots.settle(pilot)
        app.clear_notifications()
        await screenshots.settle(pilot)

    app = LoopApp(repo, engine=False, who="you@devbox", name="shop-api", preferences=Preferences(theme=theme))
    assert snap_compare(app, terminal_size=size, run_before=act)
