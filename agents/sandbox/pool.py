"""Sandboxes started ahead of need, so that opening one is a matter of copying the tree in.

Each is handed out once and thrown away after use: what was run in one never meets what is run in another, since there
is nothing to reset. They end as all sandboxes do when the process that made them is killed.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress

from agents.sandbox import SandboxError
from agents.sandbox.live import LiveSandbox

_PATIENCE = 5.0  # seconds that closing waits for what is being started


class Pool:
    """Keeps some sandboxes ready while it is open.

    Args:
        start: starts an empty sandbox.
        size: how many are kept ready.
        seconds: how long one is kept that nobody takes.
    """

    def __init__(self, start: Callable[[], Awaitable[LiveSandbox]], size: int, seconds: float) -> None:
        self._start, self._size, self._seconds = start, size, seconds
        self._ready: dict[LiveSandbox, asyncio.TimerHandle] = {}
        self._starting: set[asyncio.Task[None]] = set()
        self._ending: set[asyncio.Task[None]] = set()
        self._open = False

    def fill(self) -> None:
        """Open the pool, and start what is missing."""
        self._open = True
        while len(self._ready) + len(self._starting) < self._size:
            self._keep(self._starting, self._add())

    async def take(self) -> LiveSandbox | None:
        """One that nothing has run in, and another is started in its place; None when there is none."""
        if not self._open:
            return None
        if not self._ready and self._starting:  # it began earlier than a new one would
            await asyncio.wait(self._starting, return_when=asyncio.FIRST_COMPLETED)
        found = None
        while self._ready and found is None:
            sandbox, timer = self._ready.popitem()
            timer.cancel()
            if sandbox.pristine:
                found = sandbox
            else:
                self._end(sandbox)
        if self._open:
            self.fill()
        return found

    async def settled(self) -> None:
        """Wait until what is being started is ready."""
        while self._starting:
            await asyncio.wait(self._starting)

    async def drain(self) -> None:
        """Close the pool and what is in it."""
        self._open = False
        for sandbox, timer in self._ready.items():
            timer.cancel()
            self._end(sandbox)
        self._ready.clear()
        if self._starting:  # what has begun is quicker ended when it is there
            _, late = await asyncio.wait(self._starting, timeout=_PATIENCE)
            for task in late:
                task.cancel()
        while tasks := [*self._starting, *self._ending]:
            await asyncio.wait(tasks)

    async def _add(self) -> None:
        with suppress(SandboxError):  # whoever needs one starts it anew, and is told why that fails
            sandbox = await self._start()
            if self._open:
                later = asyncio.get_running_loop().call_later(self._seconds, self._expire, sandbox)
                self._ready[sandbox] = later
            else:
                await sandbox.close()

    def _expire(self, sandbox: LiveSandbox) -> None:
        if self._ready.pop(sandbox, None) is not None:
            self._end(sandbox)

    def _end(self, sandbox: LiveSandbox) -> None:
        self._keep(self._ending, sandbox.close())

    @staticmethod
    def _keep(tasks: set[asyncio.Task[None]], work: Awaitable[None]) -> None:
        async def run() -> None:
            await work

        task = asyncio.create_task(run(), name="loop-sandbox-pool")
        tasks.add(task)
        task.add_done_callback(tasks.discard)
