"""A sandbox whose process is a child of this one: bubblewrap and none."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from collections.abc import Mapping, Sequence

from agents.sandbox import SandboxError

_WORDS = 4000  # bytes of stderr that are kept


class SubprocessPipe:
    """The streams of a child process in a session of its own; made by `start`."""

    def __init__(self, process: asyncio.subprocess.Process, gentle: bool) -> None:
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stderr is not None
        self.reader = process.stdout
        self._process = process
        self._writer = process.stdin
        self._gentle = gentle
        self._words = b""
        self._listening = asyncio.create_task(self._listen(process.stderr), name="loop-sandbox-stderr")

    @classmethod
    async def start(cls, argv: Sequence[str], env: Mapping[str, str], *, gentle: bool = False) -> SubprocessPipe:
        """Start a child.

        Args:
            argv: what to run.
            env: its whole environment.
            gentle: let the child clean up by itself when its input ends, and kill it only if it does not.

        Raises:
            SandboxError: it cannot be started.
        """
        pipe = asyncio.subprocess.PIPE
        try:
            process = await asyncio.create_subprocess_exec(
                *argv, env=dict(env), stdin=pipe, stdout=pipe, stderr=pipe, start_new_session=True, limit=1 << 20
            )
        except OSError as error:
            raise SandboxError(f"{argv[0]} cannot be started: {error.strerror}.") from error
        return cls(process, gentle)

    async def _listen(self, stream: asyncio.StreamReader) -> None:
        while data := await stream.read(4096):
            self._words = (self._words + data)[-_WORDS:]

    async def send(self, data: bytes) -> None:
        """Write all of `data`."""
        self._writer.write(data)
        await self._writer.drain()

    def last_words(self) -> str:
        """The end of what the process said on stderr."""
        return self._words.decode("utf-8", "replace")

    async def destroy(self) -> None:
        """Kill the child and its group, and collect it."""
        self._writer.close()
        if self._gentle and self._process.returncode is None:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(2.0):
                    await self._drained()
        if self._process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
        await self._drained()
        await asyncio.gather(self._listening, return_exceptions=True)

    async def _drained(self) -> None:
        """Wait for the end; asyncio reports it only after stdout was read to its end."""
        while await self.reader.read(1 << 16):
            pass
        await self._process.wait()
