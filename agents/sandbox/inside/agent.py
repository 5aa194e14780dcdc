"""Answers requests until the input ends, and keeps commands within their limits where no cgroup does."""

# pathlib would cost a third of the start of this program.
# ruff: noqa: PTH110, PTH115
from __future__ import annotations

import contextlib
import os
import resource
import shutil
import signal
import tarfile
import threading
import time
from typing import Any

from .command import Command
from .files import Tree
from .processes import processes
from .wire import CHUNK, Outgoing, Payload, Refused, Wire


class Agent:
    """The process inside.

    Args:
        wire: to the host.
        hello: the first request; `agents.sandbox.live.Shape.hello` makes it.
    """

    def __init__(self, wire: Wire, hello: dict[str, Any]) -> None:
        self._wire, self._hello = wire, hello
        self._tree = Tree(hello["root"])
        self._lock = threading.Lock()
        self._active: dict[int, Command] = {}
        self._busy = threading.Event()
        # kill(-1) is the one atomic way to end a fork bomb, and deadly outside a process namespace of one's own.
        here = os.readlink("/proc/self/ns/pid") if os.path.exists("/proc/self/ns/pid") else ""
        self._alone = bool(hello["private"] and here and here != hello["outer"] and os.getpid() == 1)
        for name, value in hello["rlimits"].items():
            with contextlib.suppress(OSError, ValueError):
                kind = getattr(resource, "RLIMIT_" + name)
                hard = resource.getrlimit(kind)[1]
                value = value if hard == resource.RLIM_INFINITY else min(value, hard)
                resource.setrlimit(kind, (value, value))
        if hello["watch"]:
            threading.Thread(target=self._watch, daemon=True).start()

    def serve(self) -> None:
        """Until the input ends."""
        while True:
            frame = self._wire.receive()
            if frame is None:
                return
            head, length = frame
            payload = Payload(self._wire.source, length)
            try:
                self._do(head, payload)
            except (Refused, OSError, ValueError, tarfile.TarError, MemoryError) as error:
                said = (error.strerror if isinstance(error, OSError) else str(error)) or type(error).__name__
                self._wire.send({"id": head["id"], "error": said})
            while payload.read(CHUNK):
                pass

    def end(self) -> None:
        """Kill all and remove what is left on the host."""
        self._sweep(-1, sole=True)
        if self._hello["remove"]:
            shutil.rmtree(self._hello["remove"], ignore_errors=True)

    def _do(self, head: dict[str, Any], payload: Payload) -> None:
        answer = b""
        if head["op"] == "run":
            command = Command(head, payload.read(), self._slay)
            with self._lock:
                self._active[head["id"]] = command
                self._busy.set()
            threading.Thread(target=self._run, args=(command,), daemon=True).start()
            return
        if head["op"] == "kill":
            victim = self._active.get(head["target"])
            if victim is not None:
                victim.stop("cancelled")
        elif head["op"] == "put":
            self._tree.put(payload)
        elif head["op"] == "write":
            for path, size in head["files"]:
                self._tree.write(path, None if size is None else payload.read(size))
        elif head["op"] == "read":
            answer = self._tree.read(head["path"], head["limit"])
        elif head["op"] == "pack":
            self._tree.pack(Outgoing(self._wire, head["id"], head["limit"]))
        self._wire.send({"id": head["id"]}, answer)

    def _run(self, command: Command) -> None:
        head, started = command.head, time.monotonic()
        status, timed_out, refused = 0, False, ""
        try:
            status, timed_out = command.run(self._tree.folder(head["cwd"]))
        except Refused as error:
            refused = str(error)
        except (OSError, ValueError) as error:  # the command itself cannot be started: the shell's codes for that
            command.err.add(f"{head['argv'][:1]}: {error}\n".encode("utf-8", "replace"))
            status = 127 if isinstance(error, FileNotFoundError) else 126
        with self._lock:
            self._active.pop(head["id"], None)
            if not self._active:
                self._busy.clear()
                self._reap()
        if refused:
            self._wire.send({"id": head["id"], "error": refused})
            return
        if command.reason:
            command.err.add(f"\nKilled: {command.reason}.\n".encode())
        out, err = command.out.value(), command.err.value()
        result = {"id": head["id"], "exit": status, "timed_out": timed_out, "split": len(out)}
        result["truncated"] = command.out.cut or command.err.cut
        result["seconds"] = time.monotonic() - started
        self._wire.send(result, out + err)

    def _slay(self, session: int) -> None:
        """Kill a command's session and, when no other command runs, whatever else is left."""
        with contextlib.suppress(OSError):
            os.killpg(session, signal.SIGKILL)
        with self._lock:
            sole = len(self._active) <= 1
        self._sweep(session, sole)

    def _sweep(self, session: int, sole: bool) -> None:
        if self._alone and sole:
            with contextlib.suppress(OSError):
                os.kill(-1, signal.SIGKILL)
            return
        for _ in range(100):
            victims = [row[0] for row in self._mine() if sole or row[2] == session]
            if not victims:
                return
            for pid in victims:
                with contextlib.suppress(OSError):
                    os.kill(pid, signal.SIGKILL)
            time.sleep(0.002)

    def _reap(self) -> None:
        """Collect orphans, as the first process of a namespace has to; no command runs that would miss its own."""
        with contextlib.suppress(ChildProcessError):
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass

    def _mine(self) -> list[tuple[int, int, int, int]]:
        """The processes that descend from this one, orphans included: they come to a subreaper."""
        table = list(processes())
        if self._alone:
            return [row for row in table if row[0] != 1]
        mine, more = {os.getpid()}, True
        while more:
            found = {pid for pid, parent, _, _ in table if parent in mine and pid not in mine}
            mine |= found
            more = bool(found)
        return [row for row in table if row[0] in mine and row[0] != os.getpid()]

    def _watch(self) -> None:
        limits = self._hello["watch"]
        while True:
            self._busy.wait()
            reason = self._excess(limits)
            if reason:
                with self._lock:
                    victims = list(self._active.values())
                for victim in victims:
                    victim.reason = reason
                self._sweep(-1, sole=True)
            time.sleep(limits["interval"])

    def _excess(self, limits: dict[str, Any]) -> str:
        table = self._mine()
        if len(table) > limits["pids"]:
            return f"more than {limits['pids']} processes"
        if sum(row[3] for row in table) > limits["memory"]:
            return f"more than {limits['memory'] >> 20} MB of memory"
        if limits["disk"] and self._tree.used() > limits["disk"]:
            return f"more than {limits['disk'] >> 20} MB of files"
        return ""
