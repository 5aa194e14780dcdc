"""How the diff looks, at three sizes and in the themes."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from agents.inbox import Inbox
from loop_tui import screenshots
from loop_tui.app import LoopApp
from loop_tui.preferences import Preferences
from loop_tui.widgets import words
from tests.pilot import reviewed

_TO_PRICING = ["right_curly_bracket"] * 6 + ["right_square_bracket"]


async def _prepare(repo: Path) -> None:
    base, head = reviewed.make(repo)
    async with await Inbox.open(repo, who="you@devbox", name="shop") as inbox:
        await reviewed.seed(inbox, base, head)
        await inbox.save_draft(1, "shop/pricing.py", 15, "guests have no rate: fall back to 0?")


@pytest.mark.parametrize(
    ("size", "theme", "keys"),
    [
        pytest.param((80, 24), "dark", _TO_PRICING, id="80x24"),
        pytest.param((120, 40), "dark", [], id="120x40-top"),
        pytest.param((120, 40), "dark", [*_TO_PRICING, "j", "j", "v", "j"], id="120x40-range"),
        pytest.param((200, 60), "dark", _TO_PRICING, id="200x60-split"),
        pytest.param((160, 40), "light", _TO_PRICING, id="160x40-split-light"),
        pytest.param((120, 40), "contrast", _TO_PRICING, id="120x40-contrast"),
        pytest.param((120, 40), "ansi", _TO_PRICING, id="120x40-ansi"),
        pytest.param((120, 40), "dark", ["f", "j", "space"], id="120x40-files"),
        pytest.param((120, 40), "dark", [*_TO_PRICING, "j", "c", *"why"], id="120x40-comment"),
        pytest.param((80, 24), "dark", ["W", "G"], id="80x24-wrapped"),
        pytest.param((40, 16), "dark", _TO_PRICING, id="40x16"),
    ],
)
def test_the_diff(
    size: tuple[int, int], theme: str, keys: Sequence[str], snap_compare: Any, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr(words, "clock", lambda: screenshots.NOW)
    repo = tmp_path / "shop"
    thread = threading.Thread(target=asyncio.run, args=(_prepare(repo),))
    thread.start()
    thread.join()

    async def act(pilot: Any) -> None:
        await screenshots.settle(pilot)
        for key in ["d", *keys]:
            await pilot.press(key)
            await screenshots.settle(pilot)
        editor = pilot.app.screen.editor
        for _ in range(200):  # what is typed is kept within a third of a second
            if not editor.display or editor.kept:
                break
            await pilot.pause(0.02)
        screen = pilot.app.screen
        for _ in range(200):  # colours come when there is time for them
            await screenshots.settle(pilot)
            if not (screen._uncoloured or screen._colouring):
                break
        await screenshots.settle(pilot)

    app = LoopApp(repo, engine=False, who="you@devbox", name="shop", preferences=Preferences(theme=theme))
    assert snap_compare(app, terminal_size=size, run_before=act)
