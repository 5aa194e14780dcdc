"""How it looks: the pictures of the README, compared as SVG."""

from __future__ import annotations

import asyncio
import threading
from pathlib import Path
from typing import Any

import pytest

from loop_tui import screenshots
from loop_tui.widgets import words


@pytest.mark.parametrize("name", list(screenshots.PICTURES))
def test_picture(name: str, snap_compare: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(words, "clock", lambda: screenshots.NOW)
    keys, filled = screenshots.PICTURES[name]
    repo = tmp_path / "shop-api"
    _apart(screenshots.prepare(repo, filled))

    async def act(pilot: Any) -> None:
        await screenshots.settle(pilot)
        for key in keys:
            await pilot.press(key)
            await screenshots.settle(pilot)

    assert snap_compare(screenshots.app(repo), terminal_size=screenshots.SIZE, run_before=act)


def test_narrow(snap_compare: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(words, "clock", lambda: screenshots.NOW)
    repo = tmp_path / "shop-api"
    _apart(screenshots.prepare(repo, True))
    assert snap_compare(screenshots.app(repo), terminal_size=(80, 24), run_before=screenshots.settle)


def _apart(work: Any) -> None:
    """Run to its end on a loop of its own, whatever loop pytest keeps."""
    thread = threading.Thread(target=asyncio.run, args=(work,))
    thread.start()
    thread.join()
