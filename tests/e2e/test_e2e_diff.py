"""The diff in a real terminal: what is typed outlives the process, the editor gets the terminal and gives it back."""

from __future__ import annotations

import asyncio
import os
import shlex
import shutil
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from agents.inbox import Inbox
from tests.e2e.test_e2e_terminal import Terminal
from tests.pilot import reviewed

pytestmark = pytest.mark.e2e
_APP = """
import os, sys
from pathlib import Path
from loop_tui.app import LoopApp
Path(sys.argv[2]).write_text(str(os.getpid()))
LoopApp(Path(sys.argv[1]), engine=False, who="you@devbox", name="shop").run()
"""


@pytest.fixture
def repo(tmp_path: Path) -> Path:
    if shutil.which("tmux") is None:
        pytest.fail("tmux is missing: apt-get install tmux")
    folder = tmp_path / "shop"

    async def fill() -> None:
        base, head = reviewed.make(folder)
        async with await Inbox.open(folder, who="you@devbox", name="shop") as inbox:
            await reviewed.seed(inbox, base, head)

    asyncio.run(fill())
    return folder


@pytest.fixture
def start(repo: Path, tmp_path: Path) -> Iterator[Any]:
    opened: list[Terminal] = []

    def begin(**env: str) -> Terminal:
        script = tmp_path / "app.py"
        script.write_text(_APP)
        words = [*(f"{key}={value}" for key, value in env.items()), sys.executable, str(script), str(repo),
                 str(tmp_path / "pid")]  # fmt: skip
        opened.append(Terminal(f"env {' '.join(map(shlex.quote, words))}; sleep 60", 110, 34))
        opened[-1].until("Ended partners", seconds=60)
        opened[-1].press("d")
        opened[-1].until("bin/run.sh", "red", seconds=30)
        return opened[-1]

    yield begin
    for terminal in opened:
        terminal.close()


def _find(terminal: Terminal, words: str) -> None:
    terminal.press("/")
    terminal.press("-l", words)
    terminal.press("Enter")
    terminal.until("match 1 of", seconds=20)


def test_a_killed_screen_loses_no_word_of_a_comment(start: Any, repo: Path, tmp_path: Path) -> None:
    terminal = start()
    _find(terminal, "partner = customer.partner")
    terminal.press("c")
    terminal.until("shop/pricing.py:12", "ctrl+g")
    terminal.press("-l", "who sets this when the partner is")
    terminal.until("kept ")
    terminal.press("-l", " new?")
    terminal.until("is new?", "kept ")
    time.sleep(0.6)  # the third of a second after the last key that may be lost, and the write
    os.kill(int((tmp_path / "pid").read_text()), 9)

    async def drafts() -> list[str]:
        async with await Inbox.open(repo, who="you@devbox", name="shop") as inbox:
            return [draft["text"] for draft in await inbox.drafts(1)]

    assert asyncio.run(drafts()) == ["who sets this when the partner is new?"]
    again = start()
    _find(again, "partner = customer.partner")
    again.until("you, draft", "who sets this when the partner is new?")


def test_the_editor_opens_the_line_and_gives_the_terminal_back(start: Any, repo: Path, tmp_path: Path) -> None:
    editor = tmp_path / "vi"
    editor.write_text(f'#!/bin/sh\necho "$@" > {tmp_path}/called\nhead -c 2000 "$2" > {tmp_path}/read\n')
    editor.chmod(0o755)
    terminal = start(EDITOR=str(editor))
    _find(terminal, "partner = customer.partner")
    terminal.press("e")
    terminal.until("That was a copy of shop/pricing.py", "partner = customer.partner")
    assert (tmp_path / "called").read_text().startswith("+12 ")
    assert "partner = customer.partner" in (tmp_path / "read").read_text()
