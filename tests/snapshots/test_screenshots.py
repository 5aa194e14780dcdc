"""The pictures of the README are what the inbox looks like now, in the dark and in the light."""

from __future__ import annotations

import asyncio
import threading
from pathlib import Path

from loop_tui import screenshots

FOLDER = Path(screenshots.__file__).parent.parent / "screenshots"


def test_the_committed_pictures_are_those_of_the_program() -> None:
    taken: dict[str, str] = {}

    async def take() -> None:
        async for name, text in screenshots.take():
            taken[name] = text

    thread = threading.Thread(target=asyncio.run, args=(take(),))  # a loop of its own, whatever loop pytest keeps
    thread.start()
    thread.join()
    kept = {path.name: path.read_text(encoding="utf-8") for path in FOLDER.glob("*.svg")}
    stale = sorted(name for name in {*taken, *kept} if taken.get(name) != kept.get(name))
    assert stale == [], "run `python -m loop_tui.screenshots`, look at the pictures and commit them"


def test_every_picture_of_the_readme_is_there_and_each_has_both_shades() -> None:
    text = (FOLDER.parent / "README.md").read_text(encoding="utf-8")
    named = {part.partition('"')[0].partition(")")[0] for part in text.split("screenshots/")[1:] if ".svg" in part[:40]}
    assert named
    assert {name for name in named if not (FOLDER / name).is_file()} == set()
    assert {name.replace("-light", "-dark") for name in named} == {name for name in named if "-dark" in name}
