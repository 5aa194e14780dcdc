"""A program at a pseudo-terminal of a given size and speed, with the screen it draws."""

from __future__ import annotations

import fcntl
import os
import pty
import select
import signal
import struct
import termios
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import pyte

KEYS = {
    "enter": "\r", "esc": "\x1b", "tab": "\t", "space": " ", "down": "\x1b[B", "up": "\x1b[A", "pgdn": "\x1b[6~",
    "ctrl+d": "\x04", "ctrl+u": "\x15", "ctrl+g": "\x07", "backspace": "\x7f",
}  # fmt: skip


class Terminal:
    """A running program.

    Args:
        argv: the command.
        size: columns and rows.
        baud: bits a second of the line, ten to a byte; None: as fast as it goes.
        env: added to the environment.
        draw: whether to keep the screen; without, only bytes and times are kept.
    """

    def __init__(
        self, argv: Sequence[str], *, size: tuple[int, int] = (120, 40), baud: int | None = None,
        env: Mapping[str, str] | None = None, cwd: Path | None = None, draw: bool = True,
    ) -> None:  # fmt: skip
        self.started = time.perf_counter()
        self._rate = baud / 10 if baud else None
        self.pid, self._fd = pty.fork()
        if self.pid == 0:  # the size is there before the program asks for it
            fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", size[1], size[0], 0, 0))
            os.chdir(cwd or Path.cwd())
            full = {**os.environ, "TERM": "xterm-256color", "COLORTERM": "truecolor", **(env or {})}
            for name in ("COLUMNS", "LINES"):  # those of a terminal that the tests were started in
                full.pop(name, None)
            os.execvpe(argv[0], list(argv), full)
        self._screen = pyte.Screen(*size) if draw else None
        self._stream = pyte.ByteStream(self._screen) if self._screen else None
        self._lock = threading.Lock()
        self.sent = 0  # bytes the program has sent
        self.raw = bytearray()
        self.last = time.perf_counter()  # when the newest of them came
        self.ended = self._closing = False
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def _read(self) -> None:
        piece = max(1, int(self._rate / 50)) if self._rate else 65536
        due = time.perf_counter()
        while not self._closing:  # never on a number that something else has been given since
            if not select.select([self._fd], [], [], 0.5)[0]:
                continue
            try:
                data = os.read(self._fd, piece)
            except OSError:
                data = b""
            if not data:
                self.ended = True
                return
            if self._rate:
                due = max(due, time.perf_counter()) + len(data) / self._rate
                time.sleep(max(0.0, due - time.perf_counter()))
            with self._lock:
                self.sent += len(data)
                self.raw += data
                self.last = time.perf_counter()
                if self._stream is not None:
                    self._stream.feed(data)

    def screen(self) -> str:
        """What is on the screen."""
        assert self._screen is not None
        with self._lock:  # not pyte's own `display`, which fails on a wide character that is half overwritten yet
            rows = [self._screen.buffer[y] for y in range(self._screen.lines)]
            return "\n".join("".join(row[x].data for x in range(self._screen.columns)).rstrip() for row in rows)

    def cells(self) -> list[list[tuple[str, str, bool]]]:
        """What is on the screen with its ground: text, background, reversed or not."""
        assert self._screen is not None
        with self._lock:
            rows = [self._screen.buffer[y] for y in range(self._screen.lines)]
            return [[(row[x].data, row[x].bg, row[x].reverse) for x in range(self._screen.columns)] for row in rows]

    def press(self, *keys: str) -> None:
        """Press keys: names, or text as it is."""
        for key in keys:
            os.write(self._fd, KEYS.get(key, key).encode())

    def until(self, *words: str, seconds: float = 180) -> str:
        """Wait until all words are on the screen."""
        end = time.monotonic() + seconds
        while True:
            shown = self.screen()
            if all(word in shown for word in words):
                return shown
            assert time.monotonic() < end, f"{words} did not come in {self.sent:,} bytes; the screen is:\n{shown}"
            assert not self.ended, f"the program ended; the screen is:\n{shown}"
            time.sleep(0.05)

    def bytes_until(self, word: bytes, seconds: float = 60) -> float:
        """Seconds from the start until a word was sent."""
        end = time.monotonic() + seconds
        while word not in self.raw:
            assert time.monotonic() < end, f"{word!r} was never sent"
            assert not self.ended, bytes(self.raw[-2000:])
            time.sleep(0.002)
        return self.last - self.started

    def quiet(self, seconds: float = 0.25, most: float = 30) -> float:
        """Wait until nothing came for so long; when the last byte came (`time.perf_counter`)."""
        began = time.perf_counter()
        while time.perf_counter() - max(self.last, began) < seconds:
            assert time.perf_counter() - began < most, "it never became quiet"
            time.sleep(0.005)
        return self.last

    def memory(self) -> float:
        """MiB in use now."""
        status = Path(f"/proc/{self.pid}/status").read_text()
        return int(status.split("VmRSS:")[1].split()[0]) / 1024

    def close(self, how: int = signal.SIGKILL) -> int:
        """End the program; its exit status."""
        if not self.ended:
            os.kill(self.pid, how)
        _, status = os.waitpid(self.pid, 0)
        self._closing = True
        self._thread.join()
        os.close(self._fd)
        return os.waitstatus_to_exitcode(status)
