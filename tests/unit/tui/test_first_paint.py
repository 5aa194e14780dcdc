"""The first picture of the inbox, at a real terminal: what it shows and does without, and what a key before it does."""

from __future__ import annotations

import asyncio
import json
import sys
from datetime import timedelta
from pathlib import Path

import pytest

from agents.inbox import Inbox
from agents.models import Report, Status, now
from tests.conftest import git
from tests.terminal import Terminal

TITLE = "Checkout fails"
COUNT = 130  # more than the first picture reads
# None of this may be imported before the first picture: each would have everybody wait for what only some use.
LATER = (
    "agents.config", "agents.decide", "agents.engine", "agents.services", "agents.store.database",
    "agents.store.detail", "loop_tui.commands", "loop_tui.controllers.command", "loop_tui.controllers.decide",
    "loop_tui.controllers.read", "loop_tui.notify", "loop_tui.palette", "loop_tui.screens.dialogs",
    "loop_tui.screens.furniture", "loop_tui.screens.help", "loop_tui.widgets.diff", "loop_tui.widgets.lines",
    "loop_tui.widgets.report", "loop_tui.widgets.report_pane", "alembic", "dbos", "docker", "git", "httpx", "pydantic",
    "pydantic_core", "pygments", "scipy", "sqlalchemy", "sqlmodel", "tomlkit", "typer", "unidiff",
)  # fmt: skip
_STOP_AT_FIRST_PAINT = f"""
import json, os, sys
from pathlib import Path
from loop_tui import start
from textual.drivers.linux_driver import LinuxDriver

write = LinuxDriver.write

def stopping(self, data):
    write(self, data)
    if "{TITLE}" in data:
        modules = list(sys.modules)
        self._writer_thread.stop()
        Path(sys.argv[2]).write_text(json.dumps(modules))
        os._exit(0)

LinuxDriver.write = stopping
start.inbox(Path(sys.argv[1]), engine=False, who="you@here")
"""
_INBOX = (
    "import sys; from pathlib import Path; from loop_tui.start import inbox; "
    "inbox(Path(sys.argv[1]), engine=False, who='you@here')"
)


async def _fill(repo: Path) -> None:
    at = now()
    async with await Inbox.open(repo, who="you@here") as inbox, (await inbox.services()).store.write() as session:
        session.add_all(
            Report(title=f"{TITLE} {n}", status=Status.REVIEW, priority=1, last_seen=at - timedelta(minutes=n))
            for n in range(COUNT)
        )


@pytest.fixture
def repo(tmp_path: Path) -> Path:
    folder = tmp_path / "shop"
    folder.mkdir()
    git(folder, "init", "-q", "-b", "main")
    git(folder, "commit", "-q", "--allow-empty", "-m", "Start")
    asyncio.run(_fill(folder))
    return folder


def ended(terminal: Terminal) -> int:
    terminal._thread.join(60)
    return terminal.close()


def test_the_first_picture_is_true_and_nothing_it_does_without_is_imported_for_it(repo: Path, tmp_path: Path) -> None:
    out = tmp_path / "modules.json"
    terminal = Terminal([sys.executable, "-c", _STOP_AT_FIRST_PAINT, str(repo), str(out)])
    assert ended(terminal) == 0, bytes(terminal.raw[-2000:])
    imported = set(json.loads(out.read_text()))
    assert sorted(imported & set(LATER)) == []
    lines = terminal.screen().splitlines()
    assert "shop" in lines[0]
    assert f"{COUNT} need you" in lines[0]
    assert f"Needs you {COUNT}" in lines[1]
    assert [f"{TITLE} {n} " in line for n, line in enumerate(lines[2:36:2])] == [True] * 17
    assert lines[2].startswith("▌")
    assert "open" in lines[-1]
    assert "quit" in lines[-1]


def test_keys_that_come_before_everything_is_there_do_what_they_would_have_done(repo: Path) -> None:
    terminal = Terminal([sys.executable, "-c", _INBOX, str(repo)])
    terminal.bytes_until(b"\x1b[?2004h")  # the terminal is asked for keys as they come
    terminal.press("G", "k", "/", "id:5,7", "enter")
    terminal.until("/id:5,7", f"▌  P1 ● {TITLE} 4 ", f"P1 ● {TITLE} 6 ", seconds=30)
    terminal.close()


def test_the_end_of_the_list_is_that_of_all_reports_however_early_it_is_asked_for(repo: Path) -> None:
    terminal = Terminal([sys.executable, "-c", _INBOX, str(repo)])
    terminal.bytes_until(TITLE.encode())
    terminal.press("G")
    terminal.until(f"{TITLE} {COUNT - 1}", seconds=30)
    terminal.close()


@pytest.mark.parametrize(
    ("text", "told"), [('[sandbox]\nkind = "moon"\n', "sandbox.kind"), ("name = 3\n", "name"), ("[", "TOML")]
)
def test_settings_that_cannot_be_used_end_it_with_a_sentence(repo: Path, text: str, told: str) -> None:
    (repo / "loop.toml").write_text(text)
    terminal = Terminal([sys.executable, "-m", "loop_tui", "--repo", str(repo)])
    assert ended(terminal) == 1
    said = bytes(terminal.raw).decode().rpartition("loop: ")[2]
    assert "loop.toml" in said
    assert told in said
    assert "Traceback" not in said


def test_no_repository_is_told_before_the_screen_is_touched(tmp_path: Path) -> None:
    terminal = Terminal([sys.executable, "-m", "loop_tui", "--repo", str(tmp_path)])
    assert ended(terminal) == 1
    assert bytes(terminal.raw).startswith(b"loop: ")
    assert b"not inside a git repository" in terminal.raw
