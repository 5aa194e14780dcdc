"""`loop --plain` as a real process: over a pipe, and at a terminal that understands nothing."""

from __future__ import annotations

import asyncio
import os
import pty
import re
import select
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from agents.inbox import Inbox
from loop_tui import screenshots
from tests.conftest import git
from tests.e2e.product import command, environment

pytestmark = pytest.mark.e2e


@pytest.fixture
def repo(tmp_path: Path) -> Path:
    folder = tmp_path / "shop-api"
    thread = threading.Thread(target=lambda: asyncio.run(screenshots.prepare(folder, True)))
    thread.start()
    thread.join()
    git(folder, "config", "user.name", "Plain")
    return folder


def pipe(repo: Path, text: str, **extra: str) -> subprocess.CompletedProcess[str]:
    env = environment(LOOP_SANDBOX_KIND="none", **extra)
    return subprocess.run(
        command("--plain", repo=repo), input=text, capture_output=True, text=True, check=False, timeout=60, env=env
    )


def test_a_script_reads_and_decides_over_a_pipe(repo: Path) -> None:
    done = pipe(repo, "list\nshow 1\nmerge 1\nyes\nsection shipped")  # the last line has no end
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith(
        "Loop, shop-api: 3 reports need you. Type help for the words.\nNeeds you: 3 reports\n"
    )
    assert "head: " in done.stdout
    assert "merge into main? yes or no:\nMerged" in done.stdout
    assert "Shipped: 3 reports\n1, P0, shipped: Invoice PDF" in done.stdout
    assert git(repo, "rev-list", "--count", "--merges", "main") == "1"
    assert not re.search(r"[\x00-\x09\x0b-\x1f\u2500-\u259f]", done.stdout)


def test_a_script_whose_line_is_refused_ends_with_1_and_does_the_rest(repo: Path) -> None:
    done = pipe(repo, "merge 4\nfrobnicate\nsnooze 4 2d\n")
    assert done.returncode == 1
    assert "No: “frobnicate” is no command" in done.stdout
    assert "Snoozed report 4" in done.stdout


def test_input_may_be_a_file(repo: Path, tmp_path: Path) -> None:
    script = tmp_path / "script"
    script.write_text("list\nquit\nlist\n")
    with script.open() as lines:
        done = subprocess.run(
            command("--plain", repo=repo), stdin=lines, capture_output=True, text=True, check=True, timeout=60,
            env=environment(LOOP_SANDBOX_KIND="none"),
        )  # fmt: skip
    assert done.stdout.count("Needs you: 3 reports") == 1


class Line:
    """A terminal of which only the lines are looked at."""

    def __init__(self, repo: Path) -> None:
        self._master, slave = pty.openpty()
        env = environment(LOOP_SANDBOX_KIND="none", TERM="dumb")
        self.process = subprocess.Popen(
            command(repo=repo), stdin=slave, stdout=slave, stderr=slave, env=env, start_new_session=True
        )
        os.close(slave)
        self.all = ""
        self._seen = 0

    def until(self, words: str, seconds: float = 60) -> str:
        """What was said since the last time, up to these words."""
        end = time.monotonic() + seconds
        while words not in self.all[self._seen :]:
            ready, _, _ = select.select([self._master], [], [], max(0.0, end - time.monotonic()))
            assert ready, f"{words!r} did not come: {self.all[self._seen :]!r}"
            self.all += os.read(self._master, 65536).decode()
        place = self.all.index(words, self._seen) + len(words)
        said, self._seen = self.all[self._seen : place], place
        return said

    def type(self, text: str) -> None:
        os.write(self._master, text.encode() + b"\n")

    def close(self) -> None:
        if self._master >= 0:
            os.close(self._master)
            self._master = -1


@pytest.fixture
def terminal(repo: Path) -> Iterator[Line]:
    line = Line(repo)
    line.repo = repo  # type: ignore[attr-defined]
    yield line
    if line.process.poll() is None:
        line.process.kill()
    line.close()
    line.process.wait(30)


def test_a_dumb_terminal_gets_lines_and_a_prompt_and_no_escapes(terminal: Line) -> None:
    terminal.until("Type help for the words.")
    terminal.until("loop> ")
    terminal.type("next")
    assert "Invoice PDF: KeyError 'vat_id'" in terminal.until("loop> ")
    terminal.type("merge")
    terminal.until("yes or no: ")
    terminal.type("no")
    assert "Nothing was merged." in terminal.until("loop> ")
    terminal.type("snooze 2d")
    assert "Snoozed report 1" in terminal.until("loop> ")
    terminal.type("undo")
    assert "Took back" in terminal.until("loop> ")
    terminal.type("quit")
    assert terminal.process.wait(30) == 0
    assert "\x1b" not in terminal.all


def test_news_comes_between_prompts_and_never_while_one_types(terminal: Line) -> None:
    repo: Path = terminal.repo  # type: ignore[attr-defined]
    terminal.until("loop> ")

    async def wake() -> int:
        async with await Inbox.open(repo, who="kim") as kim:
            (report,) = await kim.ids("all", '"Slow dashboard"')
            await kim.unsnooze(report)
            return report

    report = asyncio.run(wake())
    news = f"News: Report {report} needs you: Slow dashboard for teams over 500 (ready).\r\n"
    end = time.monotonic() + 30
    while True:
        assert news not in terminal.all[terminal._seen :]
        terminal.type("")
        if news in terminal.until("loop> "):
            break
        assert time.monotonic() < end, terminal.all
        time.sleep(0.2)


def test_control_c_ends_it_without_a_traceback(terminal: Line) -> None:
    terminal.until("loop> ")
    terminal.process.send_signal(2)
    assert terminal.process.wait(30) == 130
    assert "Traceback" not in terminal.all


def test_it_ends_when_the_terminal_goes_away(terminal: Line) -> None:
    terminal.until("loop> ")
    terminal.close()
    assert terminal.process.wait(30) == 0
