"""What is sent bit by bit is what would be sent at once: whatever was pressed, drawing it all again changes nothing."""

from __future__ import annotations

import asyncio
import random
import sys
from pathlib import Path

import pytest

from loop_tui import screenshots
from tests.terminal import Terminal

pytestmark = pytest.mark.e2e

_APP = (
    "import sys; from datetime import datetime; from pathlib import Path; from loop_tui import screenshots; "
    "from loop_tui.app import LoopApp; from loop_tui.widgets import words; words.clock = lambda: screenshots.NOW; "
    "LoopApp(Path(sys.argv[1]), engine=False, who='you@devbox').run(mouse=False)"
)
# Ways through the screens, each ending where it began.
_WALKS = (
    ("j",), ("k",), ("G",), ("g", "g"), ("ctrl+d",), ("ctrl+u",), ("l",), ("h",), ("v", "j", "esc"), ("y",), ("z",),
    ("space", "*", "esc"), ("enter", "]", "]", "j", "ctrl+d", "[", "esc"),
    ("enter", "]", "]", "]", "n", "enter", "esc"),
    ("?", "j", "G", "esc"), ("m", "j", "esc"), ("x", "3", "esc"), ("F", "esc"), ("/", *"pdf", "esc"),
    (":", *"sn", "esc"), ("H", "esc"), ("a", "esc"), ("d", "j", "ctrl+d", "G", "t", "k", "f", "esc", "esc"), ("o", "o"),
    ("T", "T", "T", "T"), ("\x10", *"me", "esc"),
)  # fmt: skip
_ESC = "\x1b[27u"


@pytest.mark.parametrize("size", [(40, 16), (150, 40)])
def test_drawing_it_all_again_changes_nothing(
    size: tuple[int, int], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LOOP_PREFERENCES", str(tmp_path / "none.toml"))
    asyncio.run(screenshots.prepare(tmp_path / "shop-api", True))
    chosen = random.Random(size[0])
    terminal = Terminal([sys.executable, "-c", _APP, str(tmp_path / "shop-api")], size=size)
    try:
        terminal.until("Invoice PDF")
        terminal.quiet(0.5)
        for _ in range(12):
            walk = chosen.choice(_WALKS)
            for number, key in enumerate(walk):
                terminal.press(_ESC if key == "esc" else key)
                terminal.quiet(0.15)
                if number % 2 == 0:
                    _is_whole(terminal, walk[: number + 1])
    finally:
        terminal.close()


def _is_whole(terminal: Terminal, after: tuple[str, ...]) -> None:
    for _ in range(3):  # a notice may go away in between
        shown = terminal.cells()
        terminal.press("\x0c")
        terminal.quiet(0.2)
        if terminal.cells() == shown:
            return
    raise AssertionError((after, terminal.screen()))
