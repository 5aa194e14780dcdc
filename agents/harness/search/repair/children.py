"""Work in forked children: what one does, hangs on or breaks touches no other."""

from __future__ import annotations

import gc
import json
import os
import resource
import selectors
import signal
import time
from collections.abc import Callable, Iterable, Iterator
from typing import Any, TextIO

_MEMORY = 512 * 1024 * 1024  # bytes that a child may take beyond what it was forked with
Say = Callable[[Any], None]
Task = Callable[[Say], None]


class Expired(BaseException):
    """The time for one call is over; not an `Exception`, so that code under test does not catch it by accident."""


def expire_after(seconds: float, *, kill: bool) -> None:
    """Allow this process so many seconds of CPU (and ten times that by the clock); 0 takes the limit back.

    CPU time, because a machine that others use too must not make a candidate fail. With `kill` the process ends;
    without, `Expired` is raised where it is.
    """
    handler: Any = signal.SIG_DFL if kill else _raise
    signal.signal(signal.SIGPROF, handler)
    signal.signal(signal.SIGALRM, handler)
    signal.setitimer(signal.ITIMER_PROF, seconds)
    signal.setitimer(signal.ITIMER_REAL, seconds * 10)


def _raise(*_: object) -> None:
    raise Expired


def _limit_memory() -> None:
    try:
        with open("/proc/self/statm", encoding="ascii") as statm:  # noqa: PTH123
            used = int(statm.read().split()[0]) * os.sysconf("SC_PAGE_SIZE")
        resource.setrlimit(resource.RLIMIT_AS, (used + _MEMORY, used + _MEMORY))
    except (OSError, ValueError):
        pass  # no /proc, or a lower limit is set already


def _child(task: Task, writing: int) -> None:
    code = 1
    gc.disable()  # a collection would copy every page that is shared with the parent
    try:
        null = os.open(os.devnull, os.O_RDWR)
        for number in (0, 1, 2):
            os.dup2(null, number)
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        _limit_memory()
        with os.fdopen(writing, "w", encoding="utf-8") as out:
            task(_teller(out))
        code = 0
    finally:
        os._exit(code)


def _teller(out: TextIO) -> Say:
    def say(value: Any) -> None:
        out.write(json.dumps(value) + "\n")
        out.flush()

    return say


def forked(tasks: Iterable[Task], *, at_once: int, seconds: float) -> Iterator[tuple[int, list[Any]]]:
    """Run every task in a child of its own; give its place and what it said, as each ends.

    Args:
        tasks: each is called with a function that says one JSON value to this process.
        at_once: how many children run side by side.
        seconds: after which a child is killed.
    """
    waiting, place = iter(tasks), 0
    running: dict[int, tuple[int, int, float, bytearray]] = {}  # pipe → place, pid, killed at, said
    with selectors.DefaultSelector() as selector:
        try:
            while True:
                while len(running) < at_once and (task := next(waiting, None)) is not None:
                    reading, writing = os.pipe()
                    pid = os.fork()
                    if pid == 0:
                        os.close(reading)
                        _child(task, writing)
                    os.close(writing)
                    running[reading] = (place, pid, time.monotonic() + seconds, bytearray())
                    selector.register(reading, selectors.EVENT_READ)
                    place += 1
                if not running:
                    return
                for pipe in _readable(selector, running):
                    number, pid, _, said = running[pipe]
                    if data := os.read(pipe, 65536):
                        said += data
                        continue
                    selector.unregister(pipe)
                    os.close(pipe)
                    os.waitpid(pid, 0)
                    del running[pipe]
                    yield number, _values(said)
        finally:
            for pipe, (_, pid, _, _) in running.items():
                os.kill(pid, signal.SIGKILL)
                os.waitpid(pid, 0)
                os.close(pipe)


def _readable(selector: selectors.BaseSelector, running: dict[int, tuple[int, int, float, bytearray]]) -> list[int]:
    now = time.monotonic()
    ready = selector.select(max(0.0, min(end for _, _, end, _ in running.values()) - now))
    if not ready:
        for _, pid, end, _ in running.values():
            if end <= time.monotonic():
                os.kill(pid, signal.SIGKILL)
    return [key.fd for key, _ in ready]


def _values(said: bytearray) -> list[Any]:
    values = []
    for line in said.decode("utf-8", "replace").splitlines():
        try:
            values.append(json.loads(line))
        except ValueError:
            break  # cut off by the end of the child
    return values
