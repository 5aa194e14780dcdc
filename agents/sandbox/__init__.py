"""Where commands of the repository run: Docker, bubblewrap, or nowhere special under a visible mark.

One `SandboxProvider` per kind opens `Sandbox`es. A sandbox starts from a copy of a tree (never the tree
itself), runs commands in it without network, and gives back a tar of what is there. What comes back is
untrusted: `agents.sandbox.overlay` turns it into plain files.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

WORKDIR = "/work"  # where the copied tree is inside docker and bubblewrap


class SandboxError(Exception):
    """A sandbox could not be made or used; the message names the next step."""


@dataclass(frozen=True)
class Limits:
    """What one sandbox may use."""

    memory_mb: int = 1024
    cpus: float = 2.0
    pids: int = 256
    disk_mb: int = 512
    timeout: float = 300.0  # seconds for one command
    output_kb: int = 512  # of stdout and of stderr each


@dataclass(frozen=True)
class Result:
    """What a command did.

    `exit` is the exit code, 128+n for a signal, 124 when `timed_out`. Output is decoded as UTF-8 with
    replacement and cut to the limit in the middle (`truncated` says so).
    """

    exit: int
    stdout: str
    stderr: str
    seconds: float
    timed_out: bool = False
    truncated: bool = False

    @property
    def ok(self) -> bool:
        """Whether the command ended with exit code 0."""
        return self.exit == 0

    @property
    def log(self) -> str:
        """Both outputs, as a person would have seen them."""
        return "\n".join(part for part in (self.stdout.rstrip(), self.stderr.rstrip()) if part)


@dataclass(frozen=True)
class Availability:
    """Whether a kind of sandbox works on this machine, and what to do when it does not."""

    kind: str
    ok: bool
    detail: str  # version, or why not
    remedy: str = ""


@dataclass(frozen=True)
class Source:
    """What a sandbox starts from.

    Args:
        tree: a folder on the host with the files to copy in (an exported commit, no `.git`).
        label: what the sandbox is for, shown in process lists and labels, e.g. "report-12-propose".
        env: variables of every command, besides those of the kind.
        folders: path inside, below /run → folder of the host that is seen there, read-only.
        memory_mb: what it may use at least, whatever the settings say.
        reserving: its programs reserve far more memory than they use, so that only what they use is bounded.
    """

    tree: Path
    label: str = "loop"
    env: Mapping[str, str] = field(default_factory=dict)
    folders: Mapping[str, Path] = field(default_factory=dict)
    memory_mb: int = 0
    reserving: bool = False

    @property
    def special(self) -> bool:
        """Whether a sandbox that was started for anything would not do."""
        return bool(self.folders or self.memory_mb or self.reserving)


class Sandbox(Protocol):
    """A running sandbox; use it as an async context manager: leaving it removes every trace."""

    kind: str  # docker · bubblewrap · none
    python: str  # the interpreter to run the repository's code with, inside

    async def run(
        self,
        argv: Sequence[str],
        *,
        timeout: float | None = None,
        env: Mapping[str, str] | None = None,
        stdin: bytes | None = None,
        cwd: str = ".",
    ) -> Result:
        """Run a command in the tree.

        Cancelling the await kills the command's whole process group. `timeout` defaults to the limit.

        Raises:
            SandboxError: the sandbox itself is gone.
        """
        ...

    async def write(self, files: Mapping[str, bytes | None]) -> None:
        """Write files by their path in the tree (None removes one).

        Raises:
            SandboxError: a path leaves the tree.
        """
        ...

    async def read(self, path: str, limit: int = 1_000_000) -> bytes:
        """Read at most `limit` bytes of one file of the tree; no link is followed out of it.

        Raises:
            SandboxError: there is no such regular file.
        """
        ...

    async def fork(self) -> Sandbox:
        """A second sandbox with a copy of this one's tree as it is now, for trying things side by side."""
        ...

    async def export(self) -> bytes:
        """The tree as an uncompressed tar: untrusted, see `agents.sandbox.overlay`."""
        ...

    async def close(self) -> None:
        """Kill what runs and remove every trace; harmless to call twice."""
        ...

    async def __aenter__(self) -> Sandbox: ...

    async def __aexit__(self, *exc: object) -> None: ...


class SandboxProvider(Protocol):
    """Opens sandboxes of one kind."""

    kind: str

    async def check(self) -> Availability:
        """Try it for real: run a trivial command."""
        ...

    async def open(self, source: Source) -> Sandbox:
        """Make a sandbox from a tree.

        Raises:
            SandboxError: it cannot be made.
        """
        ...

    def warm(self) -> None:
        """From now on keep sandboxes started ahead, as settings say; each is used once."""
        ...

    async def cool(self) -> None:
        """Stop that, and close those that nobody took."""
        ...

    async def reap(self) -> int:
        """Remove what a killed process of this project left behind; returns how many."""
        ...
