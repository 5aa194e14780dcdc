"""The two sockets between a sandbox and this process: one that talks with the agent, one that leads to the model."""

from __future__ import annotations

import asyncio
import contextlib
import json
import shutil
import socket
import tempfile
from collections import deque
from pathlib import Path
from typing import Any

from agents.sandbox.owner import lives, me

Json = dict[str, Any]
_PREFIX = "loop-acp-"
_LONGEST = 100  # bytes of a socket's path that every system takes
_LINE = 32 << 20  # bytes of one message
_NOISE = 200  # lines that are no message, until the agent is taken for broken


class Link:
    """A folder with two sockets, which the sandbox sees read-only; nobody else on this machine gets to them.

    Connecting to a socket takes the right to write to it, and in a container the user is another: the sockets are
    open to all, and the folder above them to nobody.
    """

    def __init__(self) -> None:
        _sweep()
        top = Path(tempfile.mkdtemp(prefix=f"{_PREFIX}{me()}-"))
        if len(str(top)) + 20 > _LONGEST:
            shutil.rmtree(top)
            top = Path(tempfile.mkdtemp(prefix=f"{_PREFIX}{me()}-", dir="/tmp"))
        self._top, self.folder = top, top / "link"
        self.folder.mkdir(mode=0o755)
        self.folder.chmod(0o755)
        self.model = self._bound("model.sock")
        self._talk = self._bound("talk.sock")

    def _bound(self, name: str) -> socket.socket:
        made = socket.socket(socket.AF_UNIX)
        made.bind(str(self.folder / name))
        (self.folder / name).chmod(0o666)
        made.listen(64)
        made.setblocking(False)
        return made

    async def talk(self) -> Lines:
        """Wait until the agent is connected, and let nobody else talk."""
        connection, _ = await asyncio.get_running_loop().sock_accept(self._talk)
        self._talk.close()
        reader, writer = await asyncio.open_unix_connection(sock=connection, limit=_LINE)
        return Lines(reader, writer)

    def close(self) -> None:
        """Remove both; harmless to call twice."""
        self.model.close()
        self._talk.close()
        shutil.rmtree(self._top, ignore_errors=True)


def _sweep() -> None:
    """Remove what killed processes of this machine left."""
    for folder in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*"):
        if not lives("-".join(folder.name.removeprefix(_PREFIX).split("-")[:2])):
            shutil.rmtree(folder, ignore_errors=True)


class Lines:
    """JSON-RPC messages, one a line: the transport of `acp.connection.Connection`.

    Args:
        reader: bounds the length of a line.
        writer: to the agent.
    """

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer
        self._lock = asyncio.Lock()
        self._noise = 0
        self.said: deque[str] = deque(maxlen=3)  # lines that were no messages
        self.room = asyncio.Semaphore(1000)  # updates that may wait to be told

    async def send(self, message: Json) -> None:
        """Write one message."""
        async with self._lock:
            self._writer.write(json.dumps(message).encode() + b"\n")
            await self._writer.drain()

    async def receive(self) -> Json | None:
        """The next message; None at the end, and where what comes is no message at all."""
        while self._noise < _NOISE:
            try:
                line = await self._reader.readline()
            except (ValueError, OSError):  # longer than any message may be, or the sandbox is gone
                return None
            if not line:
                return None
            try:
                message: Any = json.loads(line)
            except (ValueError, RecursionError):
                message = None
            if _is_message(message):
                if message.get("method") == "session/update":
                    await self.room.acquire()
                return dict(message)
            if line.strip():
                self._noise += 1
                self.said.append(line[:200].decode("utf-8", "replace"))
        return None

    async def close(self) -> None:
        """Hang up."""
        self._writer.close()
        with contextlib.suppress(OSError):
            await self._writer.wait_closed()


def _is_message(found: Any) -> bool:
    """Whether it has the parts of JSON-RPC in their types: the connection breaks on others."""
    if not isinstance(found, dict) or not isinstance(found.get("method"), (str, type(None))):
        return False
    return isinstance(found.get("id"), (int, str, type(None))) and isinstance(found.get("error"), (dict, type(None)))
