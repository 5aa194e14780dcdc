"""Hostile text at a real terminal: the bytes that are sent hold no control a clean run of the same screen lacks."""

from __future__ import annotations

import asyncio
import base64
import pickle
import re
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.pilot import hostile
from tests.terminal import Terminal

pytestmark = pytest.mark.e2e
_APP = """
import pickle, base64, sys
from datetime import timedelta
from pathlib import Path
from loop_tui.app import LoopApp
words = pickle.loads(base64.b64decode(sys.argv[2]))
from tests.pilot import hostile
LoopApp(Path(sys.argv[1]), engine=False, **hostile.settings(words)).run(mouse=False)
"""
# What the tests' terminal knows the width of; the rest is compared cell by cell in tests/pilot.
HOSTILE = f"MARK {hostile.STEER} {hostile.WIDE} ".replace("\u20e3", "")
SIZES = [(40, 16), (80, 24), (160, 45)]
_ESC = "\x1b[27u"  # a lone escape and the key after it could be read as one
_PASTE = "\x1b[200~{}\x1b[201~"
# How the inbox has the terminal move lines, which depends on what is above and below them.
_MOVES = {b"\x1b[#r", b"\x1b[r", b"\x1b[#M", b"\x1b[#L", b"\x1b[#G", b"\x1b[#H"}
_BOXES = set("╭🔎")  # what a box, and the palette, are known by
_SEQUENCE = re.compile(
    rb"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[PX^_][^\x1b]*\x1b\\|[ -/]*[0-~])|[\x00-\x1f\x7f]"
)
# Screens and the keys that lead to them and back; after a colon, what is waited for before the next key.
WALK: tuple[tuple[str, ...], ...] = (
    ("v", "j", _ESC), ("enter", "]", "n", "enter", "n", "enter", "]", "]", "]", "]", "]", _ESC), ("l", "h"),
    ("m", "until:Merge into", _ESC), ("x", "until:Decline:", "tab", _PASTE, _ESC), ("s", "until:Snooze until", _ESC),
    ("P", "until:Which priority", _ESC), ("c", "until:What should", _PASTE, _ESC), ("H", "until:Your decisions", _ESC),
    ("?", "until: Keys ", "G", _ESC), ("F", "until:Where the signals", "G", _ESC), ("/", _PASTE, "enter", _ESC),
    (":", _PASTE, "enter"), ("\x10", "until:Search for", _PASTE, _ESC),
    ("d", "until:q back", "]", "j", "c", "until:kept", _PASTE, _ESC, "until:q back", "f", "j", "f", "t", "W", "i", "i",
     "S", "until:Send a", _ESC, "q"),
    ("G", "a", "until:Your answer", _ESC), ("enter", "y", _ESC),
)  # fmt: skip


def kinds(raw: bytes) -> set[bytes]:
    """The sequences sent, without their numbers: where a cursor goes differs, that it goes is the same."""
    text = raw.decode("utf-8", "strict")
    assert not [char for char in text if "\x80" <= char <= "\x9f"], "C1 controls were sent"
    found = set()
    for match in _SEQUENCE.finditer(raw):
        one = match[0]
        if one.startswith(b"\x1b[") and one.endswith(b"m"):
            found.add(b"colour")
        elif one.startswith(b"\x1b]"):
            found.add(b"\x1b]" + one[2:].split(b";")[0])
        else:
            found.add(re.sub(rb"[0-9]+(;[0-9]+)*", b"#", one))
    return found


@pytest.fixture
def run(tmp_path: Path) -> Iterator[Callable[[str, tuple[int, int]], Terminal]]:
    opened: list[Terminal] = []

    def begin(words: str, size: tuple[int, int]) -> Terminal:
        repo = tmp_path / f"project{len(opened)}"
        asyncio.run(hostile.make(repo, words))
        given = base64.b64encode(pickle.dumps(words)).decode()
        opened.append(Terminal([sys.executable, "-c", _APP, str(repo), given], size=size, env={"PYTHONPATH": "."}))
        opened[-1].until("Loop", "P1")
        return opened[-1]

    yield begin
    for terminal in opened:
        terminal.close()


def settled(terminal: Terminal, after: tuple[str, ...], *, frame: bool = False) -> None:
    """Wait until no box is open; with `frame` until header and footer stand, which a notice may hide for seconds."""
    end = time.monotonic() + 30
    while True:
        rows = terminal.screen().split("\n")
        if not _BOXES & set("".join(rows)) and (
            not frame or (rows[0].startswith(" Loop") and rows[-1].endswith("q quit"))
        ):
            return
        assert time.monotonic() < end, (after, "\n".join(rows))
        time.sleep(0.05)


@pytest.mark.parametrize("size", SIZES)
def test_no_byte_of_it_reaches_the_terminal_as_a_control(
    run: Callable[[str, tuple[int, int]], Terminal], size: tuple[int, int]
) -> None:
    sent = []
    for words in (hostile.PLAIN, HOSTILE):
        terminal = run(words, size)
        for keys in WALK:
            for key in keys:
                if key.startswith("until:"):
                    terminal.until(key.removeprefix("until:"))
                else:
                    terminal.press(key.format(words) if key == _PASTE else key)
                terminal.quiet(0.08)
                if key == _ESC:
                    settled(terminal, keys)
            settled(terminal, keys, frame=True)
        shown = terminal.screen()
        assert "MARK" in shown
        assert ("␛[31m" in shown) == (words == HOSTILE)
        sent.append(kinds(bytes(terminal.raw)))
    clean, dirty = sent
    assert dirty <= clean | _MOVES, dirty - clean
