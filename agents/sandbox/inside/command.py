"""One command: started in a session of its own, fed and read until it ends or its time does."""

# pathlib would cost a third of the start of this program.
# ruff: noqa: PTH123
from __future__ import annotations

import contextlib
import os
import resource
import selectors
import subprocess
import time
from collections.abc import Callable
from typing import Any

from .output import Kept
from .wire import CHUNK

_AFTER = 1.0  # seconds that whoever outlived the sweep may hold the pipes


class Command:
    """A command that runs.

    Args:
        head: the request.
        stdin: what it reads.
        slay: ends the command and all that it started.
    """

    def __init__(self, head: dict[str, Any], stdin: bytes, slay: Callable[[int], None]) -> None:
        self.head = head
        self.reason = ""  # why it was killed from outside
        self.pid = 0
        self.out, self.err = Kept(head["output"]), Kept(head["output"])
        self._stdin = memoryview(stdin)
        self._slay = slay
        self._stopped = False

    def stop(self, reason: str = "") -> None:
        """End it now, or as soon as it starts."""
        self._stopped, self.reason = True, self.reason or reason
        if self.pid:
            self._slay(self.pid)

    def run(self, cwd: str) -> tuple[int, bool]:
        """The exit code as a shell would give it, and whether time ran out."""
        process = subprocess.Popen(
            self.head["argv"], cwd=cwd, env=self.head["env"], start_new_session=True,
            stdin=subprocess.PIPE if self._stdin else subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )  # fmt: skip
        self.pid = process.pid
        _mark(process.pid, self.head["cpu"])
        ending = _watch_end(process)
        try:
            with selectors.DefaultSelector() as selector:
                timed_out = self._attend(process, selector, ending)
        finally:
            if ending is not None:
                os.close(ending)
            for stream in (process.stdin, process.stdout, process.stderr):
                if stream is not None:
                    with contextlib.suppress(OSError):
                        stream.close()
        code = process.wait()
        self.pid = 0
        return (124 if timed_out else 128 - code if code < 0 else code), timed_out

    def _attend(self, process: subprocess.Popen[bytes], selector: selectors.BaseSelector, ending: int | None) -> bool:
        for stream, kept in ((process.stdout, self.out), (process.stderr, self.err)):
            assert stream is not None
            os.set_blocking(stream.fileno(), False)
            selector.register(stream, selectors.EVENT_READ, kept)
        if process.stdin is not None:
            os.set_blocking(process.stdin.fileno(), False)
            selector.register(process.stdin, selectors.EVENT_WRITE, None)
        if ending is not None:
            selector.register(ending, selectors.EVENT_READ, None)
        if self._stopped:
            self._slay(process.pid)
        deadline = time.monotonic() + float(self.head["timeout"])
        while (left := deadline - time.monotonic()) > 0:
            ended = False
            for key, _ in selector.select(left if ending is not None else min(left, 0.02)):
                ended = ended or key.fileobj == ending
                self._transfer(selector, key)
            if ended or (ending is None and _ended(process)):
                break
        else:
            left = 0
        self._slay(process.pid)
        self._drain(selector)
        return left <= 0

    def _drain(self, selector: selectors.BaseSelector) -> None:
        """What is still in the pipes after the end."""
        deadline = time.monotonic() + _AFTER
        for key in list(selector.get_map().values()):
            if not isinstance(key.data, Kept):
                selector.unregister(key.fileobj)
        while selector.get_map() and (left := deadline - time.monotonic()) > 0:
            for key, _ in selector.select(left):
                self._transfer(selector, key)

    def _transfer(self, selector: selectors.BaseSelector, key: selectors.SelectorKey) -> None:
        """Move what one ready file has; unregister it at its end."""
        if isinstance(key.data, Kept):
            data = b""
            with contextlib.suppress(BlockingIOError):
                data = os.read(key.fd, CHUNK)
                if not data:
                    selector.unregister(key.fileobj)
            key.data.add(data)
        elif not isinstance(key.fileobj, int):
            try:
                self._stdin = self._stdin[os.write(key.fd, self._stdin[:CHUNK]) :]
            except BlockingIOError:
                return
            except OSError:  # it does not read its input: nothing to say about that
                self._stdin = self._stdin[:0]
            if not self._stdin:
                selector.unregister(key.fileobj)
                key.fileobj.close()  # type: ignore[attr-defined]


def _mark(pid: int, seconds: int) -> None:
    """Bound the processor time; when memory runs out, the command dies before the process that watches it."""
    with contextlib.suppress(OSError, ValueError, AttributeError):
        resource.prlimit(pid, resource.RLIMIT_CPU, (seconds, seconds + 1))
    with contextlib.suppress(OSError), open(f"/proc/{pid}/oom_score_adj", "w") as file:
        file.write("500")


def _watch_end(process: subprocess.Popen[bytes]) -> int | None:
    try:
        return os.pidfd_open(process.pid)
    except (OSError, AttributeError):  # an old kernel or interpreter, or a filter: poll instead
        return None


def _ended(process: subprocess.Popen[bytes]) -> bool:
    """Whether the leader ended, without collecting it: its pid must stay taken until the sweep is over."""
    try:
        return os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None
    except ChildProcessError:
        return True
