"""The sandbox that all kinds share: a tree and commands behind a channel."""

from __future__ import annotations

import asyncio
import os
import platform
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from agents.sandbox import Limits, Result, SandboxError
from agents.sandbox.channel import Channel, Pipe, Reported

_MB = 1 << 20
_GRACE = 5.0  # seconds beyond a command's own timeout until its sandbox is taken for hung
BASE_ENV = {
    "HOME": "/tmp",
    "TMPDIR": "/tmp",
    "LANG": "C.UTF-8",
    "PYTHONDONTWRITEBYTECODE": "1",
    "PYTHONHASHSEED": "0",
}


@dataclass(frozen=True)
class Shape:
    """What makes one kind of sandbox different from another, once its process runs.

    Args:
        kind: docker · bubblewrap · none.
        root: where the tree is, as the process inside sees it.
        python: the interpreter to run the repository's code with.
        env: the whole environment of commands; PATH may be left to the process inside.
        limits: what it may use.
        paths: folders for the end of PYTHONPATH.
        private: it has a process namespace of its own.
        policed: nothing outside (a cgroup) enforces the limits, so the process inside does.
        disk_watched: nothing else bounds the files.
        reserving: memory that is reserved and not used does not count.
        remove: a folder of the host that the process removes at its end.
        handle: what an engine calls it.
    """

    kind: str
    root: str
    python: str
    env: Mapping[str, str]
    limits: Limits
    paths: tuple[str, ...] = ()
    private: bool = True
    policed: bool = True
    disk_watched: bool = False
    reserving: bool = False
    remove: str = ""
    handle: str = ""

    def hello(self) -> dict[str, Any]:
        """The first request."""
        limits = self.limits
        rlimits: dict[str, int] = {"CORE": 0, "FSIZE": limits.disk_mb * _MB}
        watch: dict[str, Any] = {}
        if self.policed:
            if not self.reserving:
                rlimits["DATA"] = limits.memory_mb * _MB
            watch = {
                "pids": limits.pids,
                "memory": limits.memory_mb * _MB,
                "disk": limits.disk_mb * _MB if self.disk_watched else 0,
                "interval": 0.05 if self.private else 0.2,
            }
            if self.private and _counts_processes_by_namespace():
                rlimits["NPROC"] = limits.pids
        return {
            "root": self.root,
            "private": self.private,
            "outer": _namespace(),
            "rlimits": rlimits,
            "watch": watch,
            "remove": self.remove,
        }


def _namespace() -> str:
    try:
        return str(Path("/proc/self/ns/pid").readlink())
    except OSError:
        return ""


def _counts_processes_by_namespace() -> bool:
    """Linux 5.14 counts RLIMIT_NPROC within a user namespace; before, all processes of the user counted."""
    parts = platform.release().split("-")[0].split(".")[:2]
    return os.uname().sysname == "Linux" and all(p.isdigit() for p in parts) and tuple(map(int, parts)) >= (5, 14)


class LiveSandbox:
    """A sandbox whose process answers; made by `greet`.

    Args:
        channel: to the process inside.
        shape: the kind.
        path: PATH as the process inside found it.
    """

    def __init__(self, channel: Channel, shape: Shape, path: str) -> None:
        self.kind = shape.kind
        self.python = shape.python
        self.handle = shape.handle
        self.limits = shape.limits
        self._channel = channel
        self._again: Callable[[], Awaitable[LiveSandbox]] | None = None
        self._shape = shape
        self._path = path
        self._touched = False  # something was asked of it
        self.first: tuple[str, ...] = ()  # folders of the tree for the start of PYTHONPATH

    @property
    def pristine(self) -> bool:
        """Whether it lives, and nothing was ever run or written in it."""
        return not self._touched and not self._channel.dead

    def lend(self, env: Mapping[str, str], again: Callable[[], Awaitable[LiveSandbox]]) -> None:
        """Give one that was started ahead the environment of whom it is for, and the way to start its like."""
        self._shape = replace(self._shape, env={**self._shape.env, **env})
        self._again = again

    async def run(
        self,
        argv: Sequence[str],
        *,
        timeout: float | None = None,
        env: Mapping[str, str] | None = None,
        stdin: bytes | None = None,
        cwd: str = ".",
    ) -> Result:
        """Run a command in the tree; see `agents.sandbox.Sandbox.run`."""
        seconds = self.limits.timeout if timeout is None else timeout
        keep = self.limits.output_kb * 1024
        self._touched = True
        head: dict[str, Any] = {
            "argv": list(argv),
            "cwd": cwd,
            "env": {**self._environment(), **(env or {})},
            "timeout": seconds,
            "output": keep,
            "cpu": max(1, round(seconds * max(self.limits.cpus, 1.0)) + 1),
        }
        number, answer = self._channel.start("run", head, cap=2 * (keep + 1024))
        try:
            await self._channel.push(head, stdin or b"")
            async with asyncio.timeout(seconds + _GRACE):
                found, output = await answer
        except TimeoutError:
            await self._channel.destroy("This sandbox stopped answering and was removed; open a new one.")
            return Result(124, "", "The sandbox stopped answering.\n", seconds + _GRACE, timed_out=True)
        except asyncio.CancelledError:
            await asyncio.shield(self._stop(number))
            raise
        finally:
            self._channel.forget(number)
        split = int(found["split"])
        return Result(
            exit=int(found["exit"]),
            stdout=output[:split].decode("utf-8", "replace"),
            stderr=output[split:].decode("utf-8", "replace"),
            seconds=float(found["seconds"]),
            timed_out=bool(found["timed_out"]),
            truncated=bool(found["truncated"]),
        )

    def _environment(self) -> dict[str, str]:
        found = {"PATH": self._path}
        if paths := [*(f"{self._shape.root}/{folder}" for folder in self.first), *self._shape.paths]:
            found["PYTHONPATH"] = ":".join(paths)
        return {**found, **self._shape.env}

    async def _stop(self, number: int) -> None:
        try:
            async with asyncio.timeout(2.0):
                await self._channel.ask("kill", {"target": number})
        except TimeoutError:
            await self._channel.destroy("This sandbox did not end a cancelled command and was removed; open a new one.")
        except SandboxError:
            return  # it is gone already, and the command with it

    async def write(self, files: Mapping[str, bytes | None]) -> None:
        """Write files by their path in the tree (None removes one).

        Raises:
            SandboxError: a path leaves the tree, or there is no room.
        """
        if not files:
            return
        self._touched = True
        table = [[path, None if data is None else len(data)] for path, data in files.items()]
        await self._channel.ask("write", {"files": table}, b"".join(data for data in files.values() if data))

    async def read(self, path: str, limit: int = 1_000_000) -> bytes:
        """Read at most `limit` bytes of one regular file of the tree.

        Raises:
            SandboxError: there is no such file.
        """
        return (await self._channel.ask("read", {"path": path, "limit": limit}, cap=limit))[1]

    async def put(self, tar: bytes) -> None:
        """Unpack a tar into the tree, which must be empty.

        Raises:
            SandboxError: it does not fit.
        """
        self._touched = True
        await self._channel.ask("put", {}, tar)

    async def fork(self) -> LiveSandbox:
        """A second sandbox with a copy of this one's tree as it is now."""
        if self._again is None:
            raise SandboxError("A sandbox without a tree cannot be forked; open one from a tree.")
        tar, other = await asyncio.gather(self.export(), self._again(), return_exceptions=True)
        if isinstance(other, BaseException):
            raise other
        try:
            if isinstance(tar, BaseException):
                raise tar
            other.first = self.first
            await other.put(tar)
        except BaseException:
            await other.close()
            raise
        return other

    async def export(self) -> bytes:
        """The tree as an uncompressed tar: untrusted, see `agents.sandbox.overlay`."""
        limit = 2 * self.limits.disk_mb * _MB
        return (await self._channel.ask("pack", {"limit": limit}, cap=limit))[1]

    async def close(self) -> None:
        """Kill what runs and remove every trace; harmless to call twice."""
        await asyncio.shield(self._channel.destroy())

    async def __aenter__(self) -> LiveSandbox:
        return self

    async def __aexit__(self, *exc: object) -> None:
        await self.close()


async def greet(pipe: Pipe, shape: Shape) -> LiveSandbox:
    """Wait until the process inside answers.

    Raises:
        SandboxError: it does not, within 20 s.
    """
    channel = Channel(pipe)
    try:
        async with asyncio.timeout(20.0):
            found, _ = await channel.ask("hello", shape.hello())
        return LiveSandbox(channel, shape, str(found["path"]))
    except TimeoutError:
        await channel.destroy()
        raise SandboxError(f"The {shape.kind} sandbox did not answer within 20 s; is the machine overloaded?") from None
    except BaseException:
        await asyncio.shield(channel.destroy())
        raise


__all__ = ["BASE_ENV", "LiveSandbox", "Reported", "Shape", "greet"]
