"""The inbox in a real terminal: from the list to a merged change by the keys on the screen."""

from __future__ import annotations

import shlex
import shutil
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.conftest import git
from tests.e2e.product import FILES, events, loop

pytestmark = pytest.mark.e2e


class Terminal:
    """A tmux session of its own server."""

    def __init__(self, command: str, width: int, height: int) -> None:
        self._name = f"loop-{uuid.uuid4().hex[:8]}"
        self._tmux("new-session", "-d", "-x", str(width), "-y", str(height), command)

    def _tmux(self, *args: str) -> str:
        command = ["tmux", "-L", self._name, "-f", "/dev/null", *args]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout

    def screen(self) -> str:
        """What is on the screen now."""
        return self._tmux("capture-pane", "-p")

    def press(self, *keys: str) -> None:
        """Press keys."""
        self._tmux("send-keys", *keys)

    def until(self, *words: str, seconds: float = 120) -> str:
        """Wait until all words are on the screen."""
        end = time.monotonic() + seconds
        while True:
            shown = self.screen()
            if all(word in shown for word in words):
                return shown
            assert time.monotonic() < end, f"{words} did not come; the screen is:\n{shown}"
            time.sleep(0.2)

    def close(self) -> None:
        """End the session."""
        subprocess.run(["tmux", "-L", self._name, "kill-server"], check=False, capture_output=True)


@pytest.fixture(params=[(80, 24), (160, 45)], ids=["80x24", "160x45"])
def terminal(request: pytest.FixtureRequest, make_repo: Callable[..., Path], tmp_path: Path) -> Iterator[Terminal]:
    if shutil.which("tmux") is None:
        pytest.fail("tmux is missing: apt-get install tmux")
    repo = make_repo(FILES, "quotes")
    loop("import", str(events(repo, tmp_path / "events.jsonl")), repo=repo)
    made = Terminal(f"{shlex.quote(sys.executable)} -m loop_tui.cli --repo {shlex.quote(str(repo))}", *request.param)
    made.repo = repo  # type: ignore[attr-defined]
    yield made
    made.close()


def test_a_change_is_read_and_merged_by_the_keys_on_the_screen(terminal: Terminal) -> None:
    shown = terminal.until("ready", "d diff", "m merge", seconds=180)
    assert "TypeError" in shown
    terminal.press("d")
    assert "partner_discount(customer)" in terminal.until("billing/quotes.py", "red")
    terminal.press("q")
    terminal.until("m merge")
    terminal.press("m")
    terminal.until("Merge into main?", "proved")
    terminal.press("Enter")
    terminal.until("Merged", "into main")
    repo: Path = terminal.repo  # type: ignore[attr-defined]
    assert git(repo, "rev-list", "--count", "--merges", "main") == "1"
    assert git(repo, "status", "--porcelain") == ""


def test_a_decline_is_taken_back(terminal: Terminal) -> None:
    terminal.until("ready", "x decline", seconds=180)
    terminal.press("x")
    terminal.until("Not reproducible")
    terminal.press("Enter")
    terminal.until("Nothing needs you", "Needs you 0")
    terminal.press("z")
    terminal.until("Took back", "Needs you 1")
