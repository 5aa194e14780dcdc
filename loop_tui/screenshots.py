"""Pictures of the inbox: `python -m loop_tui.screenshots [FOLDER]` writes them as SVG, dark and light.

A store in a temporary folder is filled with fixed reports at fixed times, so the same program gives the same pictures.
"""

from __future__ import annotations

import asyncio
import shutil
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from loop_tui.app import LoopApp
from loop_tui.controllers import read
from loop_tui.pictures.reports import ME, NOW
from loop_tui.pictures.seed import prepare
from loop_tui.pictures.svg import svg
from loop_tui.themes import THEMES
from loop_tui.widgets import words

_SHADES = ("dark", "light")


@dataclass(frozen=True)
class Picture:
    """What is pressed for a picture, on how large a screen, and whether there is anything to show.

    Args:
        steps: keys pressed one after the other; after each step the screen comes to rest.
    """

    steps: tuple[str, ...] = ()
    size: tuple[int, int] = (120, 34)
    filled: bool = True


_NEXT = " right_square_bracket"
PICTURES = {
    "list": Picture(),
    "narrow": Picture(size=(80, 24)),
    "report": Picture(("enter", _NEXT)),
    "diff": Picture(("d", "t", _NEXT + " j" * 6)),
    "question": Picture(("j j", "a")),
    "merge": Picture(("m",)),
    "measure": Picture(("g s", "j j", _NEXT * 5)),
    "history": Picture(("H",)),
    "funnel": Picture(("F",)),
    "first-run": Picture(size=(80, 24), filled=False),
}


def app(folder: Path) -> LoopApp:
    """The application on a repository, without an engine."""
    return LoopApp(folder, engine=False, who=ME, name="shop-api")


async def take() -> AsyncIterator[tuple[str, str]]:
    """Each picture's file name and text."""
    with _standing_still(), tempfile.TemporaryDirectory() as temporary:
        for filled in (True, False):
            await prepare(Path(temporary) / f"{filled}/shop-api", filled, busy=True)
        for name, picture in PICTURES.items():
            repo = Path(temporary) / name / "shop-api"  # one screen leaves marks that the next would show
            shutil.copytree(Path(temporary) / f"{picture.filled}/shop-api", repo)
            shown = app(repo)
            async with shown.run_test(size=picture.size) as pilot:
                await settle(pilot)
                for step in picture.steps:
                    await pilot.press(*step.split())
                    await settle(pilot)
                if shown.main is not None:
                    shown.main.rows.see(await shown.inbox.looking())
                for shade in _SHADES:
                    shown.theme = THEMES[shade].name
                    await settle(pilot)
                    yield f"{name}-{shade}.svg", svg(shown)


@contextmanager
def _standing_still() -> Iterator[None]:
    """No time passes on the screen: a picture taken slowly is the same."""
    clock, after = words.clock, read.READ_AFTER
    words.clock, read.READ_AFTER = lambda: NOW, 3600.0
    try:
        yield
    finally:
        words.clock, read.READ_AFTER = clock, after


async def settle(pilot: Any) -> None:
    """Wait until nothing but the feed is waited for."""
    for _ in range(200):
        await pilot.pause(0.01)
        busy = [worker for worker in pilot.app.workers if worker.group != "watch" and not worker.is_finished]
        if not busy and pilot.app.is_mounted:
            break
    await pilot.pause()


async def write(folder: Path) -> None:
    """Write all pictures into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    async for name, text in take():
        (folder / name).write_text(text, encoding="utf-8")
        sys.stdout.write(f"{folder / name}\n")


def main() -> None:
    """Write the pictures into the folder named, or into screenshots/."""
    asyncio.run(write(Path(sys.argv[1]) if len(sys.argv) > 1 else Path("screenshots")))


if __name__ == "__main__":
    main()
