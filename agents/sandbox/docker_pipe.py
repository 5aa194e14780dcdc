"""The attached streams of a container, as a pipe for the event loop."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

_FRAME = struct.Struct(">BxxxI")  # which stream, length: Docker's multiplexing of stdout and stderr
_WORDS = 4000  # bytes of stderr that are kept


class DockerPipe:
    """The SDK is synchronous: a thread reads, an executor writes and removes.

    Args:
        attached: what `attach_socket` returned.
        pool: threads for calls of the SDK.
        remove: removes the container; must be harmless to call twice.
    """

    def __init__(self, attached: Any, pool: ThreadPoolExecutor, remove: Callable[[], None]) -> None:
        self.reader = asyncio.StreamReader(limit=1 << 20)
        self._attached = attached
        self._socket: Any = getattr(attached, "_sock", attached)
        self._socket.settimeout(None)
        self._pool = pool
        self._remove = remove
        self._loop = asyncio.get_running_loop()
        self._words = b""
        self._gone: asyncio.Future[None] | None = None
        self._thread = threading.Thread(target=self._read, name="loop-docker-reader", daemon=True)
        self._thread.start()

    def last_words(self) -> str:
        """The end of what the process said on stderr."""
        return self._words.decode("utf-8", "replace")

    async def send(self, data: bytes) -> None:
        """Write all of `data`."""
        await self._loop.run_in_executor(self._pool, self._socket.sendall, data)

    async def destroy(self) -> None:
        """Remove the container, whatever runs in it."""
        if self._gone is None:
            self._gone = self._loop.run_in_executor(self._pool, self._end)
        await asyncio.shield(self._gone)

    def _end(self) -> None:
        self._remove()
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._thread.join(timeout=5.0)
        with contextlib.suppress(OSError):
            self._attached.close()
        with contextlib.suppress(OSError):
            self._socket.close()

    def _exactly(self, size: int) -> bytes:
        data = bytearray()
        while len(data) < size:
            piece = self._socket.recv(size - len(data))
            if not piece:
                raise EOFError
            data += piece
        return bytes(data)

    def _read(self) -> None:
        with contextlib.suppress(OSError, EOFError, RuntimeError):
            while True:
                stream, left = _FRAME.unpack(self._exactly(_FRAME.size))
                while left:
                    data = self._exactly(min(left, 1 << 18))
                    left -= len(data)
                    if stream == 1:
                        self._loop.call_soon_threadsafe(self.reader.feed_data, data)
                    else:
                        self._words = (self._words + data)[-_WORDS:]
        with contextlib.suppress(RuntimeError):  # the loop is closed: nobody reads any more
            self._loop.call_soon_threadsafe(self.reader.feed_eof)
