"""Requests to the process that runs inside a sandbox, and its answers, over any pair of streams.

What comes back was written by a process next to untrusted code: lengths are bounded before they are read, and
anything that does not fit the protocol ends the sandbox.
"""

from __future__ import annotations

import asyncio
import json
import struct
from dataclasses import dataclass, field
from typing import Any, Protocol

from agents.sandbox import SandboxError

_LENGTHS = struct.Struct(">II")
_HEADER_CAP = 1 << 16
Json = dict[str, Any]


class Pipe(Protocol):
    """The two streams of a sandbox's process."""

    reader: asyncio.StreamReader

    async def send(self, data: bytes) -> None:
        """Write all of `data`."""
        ...

    async def destroy(self) -> None:
        """Kill the sandbox and remove what it leaves; harmless to call twice."""
        ...

    def last_words(self) -> str:
        """The end of what the process said on stderr."""
        ...


class Reported(SandboxError):
    """The process inside refused a request; the sandbox is well."""


@dataclass
class _Waiting:
    future: asyncio.Future[tuple[Json, bytes]]
    cap: int
    parts: list[bytes] = field(default_factory=list)


class Channel:
    """Many requests at once over one pipe.

    Args:
        pipe: the open streams; the channel owns them from now on.
    """

    def __init__(self, pipe: Pipe) -> None:
        self._pipe = pipe
        self._next = 0
        self._waiting: dict[int, _Waiting] = {}
        self._write = asyncio.Lock()
        self._dead = ""
        self._reading = asyncio.create_task(self._read(), name="loop-sandbox-reader")

    @property
    def dead(self) -> str:
        """Why nothing can be asked any more; "" while the sandbox lives."""
        return self._dead

    def start(self, op: str, head: Json, *, cap: int) -> tuple[int, asyncio.Future[tuple[Json, bytes]]]:
        """Register a request that `push` then sends.

        Args:
            op: what is asked for.
            head: its arguments; gets `op` and `id`.
            cap: how many bytes of payload the answer may have.
        """
        if self._dead:
            raise SandboxError(self._dead)
        self._next += 1
        head.update(op=op, id=self._next)
        waiting = _Waiting(asyncio.get_running_loop().create_future(), cap)
        self._waiting[self._next] = waiting
        return self._next, waiting.future

    async def push(self, head: Json, payload: bytes = b"") -> None:
        """Send a request."""
        data = json.dumps(head).encode("utf-8", "surrogatepass")
        try:
            async with self._write:
                await self._pipe.send(_LENGTHS.pack(len(data), len(payload)) + data)
                if payload:
                    await self._pipe.send(payload)
        except OSError as error:
            # The reader sees the end too and knows the reason better; it answers all that wait.
            self._fail(self._obituary(str(error)))

    async def ask(self, op: str, head: Json, payload: bytes = b"", *, cap: int = 0) -> tuple[Json, bytes]:
        """Send a request and wait for its answer.

        Raises:
            Reported: it was refused.
            SandboxError: the sandbox is gone.
        """
        number, future = self.start(op, head, cap=cap)
        try:
            await self.push(head, payload)
            return await future
        finally:
            self.forget(number)

    def forget(self, number: int) -> None:
        """Stop waiting for an answer."""
        waiting = self._waiting.pop(number, None)
        if waiting is not None and not waiting.future.done():
            waiting.future.cancel()

    async def destroy(self, why: str = "This sandbox is closed.") -> None:
        """Kill the sandbox; who still waits gets `why` as the error."""
        self._fail(why)
        self._reading.cancel()
        await asyncio.gather(self._reading, return_exceptions=True)
        await self._pipe.destroy()

    def _fail(self, why: str) -> None:
        self._dead = self._dead or why
        for waiting in self._waiting.values():
            if not waiting.future.done():
                waiting.future.set_exception(SandboxError(self._dead))
                waiting.future.exception()  # whoever was cancelled meanwhile does not come to fetch it

    def _obituary(self, why: str) -> str:
        said = self._pipe.last_words().strip()
        return f"The sandbox ended unexpectedly ({said or why}); open a new one."

    async def _read(self) -> None:
        try:
            while True:
                await self._frame()
        except asyncio.IncompleteReadError:
            await asyncio.sleep(0.05)  # stderr arrives on another stream
            why = self._obituary("its process was killed")
        except (OSError, ValueError, KeyError, TypeError) as error:
            why = self._obituary(str(error))
        self._fail(why)
        await self._pipe.destroy()

    async def _frame(self) -> None:
        size, length = _LENGTHS.unpack(await self._pipe.reader.readexactly(_LENGTHS.size))
        if size > _HEADER_CAP:
            raise ValueError("it answered with an oversized header")
        head = json.loads(await self._pipe.reader.readexactly(size))
        waiting = self._waiting.get(head["id"])
        if waiting is None:
            await self._skip(length)
            return
        waiting.cap -= length
        if waiting.cap < 0:
            raise ValueError("it answered with more bytes than allowed")
        payload = await self._pipe.reader.readexactly(length)
        if head.get("more"):
            waiting.parts.append(payload)
        elif not waiting.future.done():
            if "error" in head:
                waiting.future.set_exception(Reported(str(head["error"])[:500]))
            else:
                waiting.parts.append(payload)
                waiting.future.set_result((head, b"".join(waiting.parts)))

    async def _skip(self, length: int) -> None:
        while length > 0:
            data = await self._pipe.reader.read(min(length, 1 << 18))
            if not data:
                raise asyncio.IncompleteReadError(b"", length)
            length -= len(data)
