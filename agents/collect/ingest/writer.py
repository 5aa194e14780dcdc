"""One writer for all requests: what arrives together is stored together, and answered only once it is stored."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable

from agents.collect import CollectError, Item, Taken

Sink = Callable[[list[Item]], Awaitable[Taken]]

_WAITING = 2_000  # requests that may wait for the writer
_BATCH = 1_000  # items in one transaction


class Busy(CollectError):
    """More requests wait than are taken."""


class Writer:
    """Puts items from many requests into few transactions.

    Args:
        sink: stores a batch.
    """

    def __init__(self, sink: Sink) -> None:
        self._sink = sink
        self._queue: asyncio.Queue[tuple[list[Item], asyncio.Future[None]]] = asyncio.Queue(_WAITING)
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Start writing."""
        self._task = asyncio.create_task(self._work(), name="loop-ingest-writer")

    async def stop(self) -> None:
        """Write what waits, then stop."""
        if self._task is None:
            return
        await self._queue.join()
        self._task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._task

    async def put(self, items: list[Item]) -> None:
        """Wait until the items are in the store.

        Raises:
            Busy: too many wait already.
        """
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        try:
            self._queue.put_nowait((items, done))
        except asyncio.QueueFull:
            raise Busy("Too much arrives at once; send it again in a moment.") from None
        await done

    async def _work(self) -> None:
        while True:
            waiting = [await self._queue.get()]
            size = len(waiting[0][0])
            while size < _BATCH and not self._queue.empty():
                waiting.append(self._queue.get_nowait())
                size += len(waiting[-1][0])
            try:
                await self._sink([item for items, _ in waiting for item in items])
            except Exception as error:
                self._answer(waiting, error)
            else:
                self._answer(waiting, None)

    def _answer(self, waiting: list[tuple[list[Item], asyncio.Future[None]]], error: Exception | None) -> None:
        for _, done in waiting:
            if not done.done():
                if error is None:
                    done.set_result(None)
                else:
                    done.set_exception(error)
            self._queue.task_done()
