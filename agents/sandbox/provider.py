"""What providers of all kinds share."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from functools import partial
from pathlib import Path

from agents.config import SandboxSettings
from agents.sandbox import WORKDIR, Availability, Limits, Sandbox, SandboxError, Source
from agents.sandbox.live import LiveSandbox
from agents.sandbox.pool import Pool
from agents.sandbox.tree import pack

INSIDE = Path(__file__).parent / "inside"
_MB = 1 << 20


def starter(python: str, above: str) -> list[str]:
    """The command line of the process inside: isolated, no site packages, nothing of the tree on its path."""
    code = f"import sys; sys.path.insert(0, {above!r}); from inside.main import main; main()"
    return [python, "-I", "-S", "-B", "-c", code]


class Provider:
    """Opens sandboxes; a kind says how an empty one starts.

    Args:
        settings: the `[sandbox]` section.
        project: the repository's root.
    """

    kind = ""
    root = WORKDIR

    def __init__(self, settings: SandboxSettings, project: Path) -> None:
        self.settings = settings
        self.project = project
        self.limits = Limits(
            settings.memory_mb, settings.cpus, settings.pids, settings.disk_mb, settings.timeout, settings.output_kb
        )

        first = partial(self.start, Source(Path(), label="warm"))
        self.pool = Pool(first, settings.warm, settings.warm_seconds)

    def limits_of(self, source: Source) -> Limits:
        """What a sandbox of `source` may use."""
        return replace(self.limits, memory_mb=max(self.limits.memory_mb, source.memory_mb))

    async def start(self, source: Source) -> LiveSandbox:
        """A new, empty sandbox with the label and environment of `source`."""
        raise SandboxError(f"{type(self).__name__} cannot start anything.")

    async def lease(self, source: Source) -> LiveSandbox:
        """An empty sandbox for `source`: one that was started ahead where there is one, else a new one."""
        ready = None if source.special else await self.pool.take()
        if ready is not None:
            await self.entitle(ready, source.label)
        sandbox = ready or await self.start(source)
        sandbox.lend({**self.settings.env, **source.env}, partial(self.lease, source))
        return sandbox

    async def entitle(self, sandbox: LiveSandbox, label: str) -> None:
        """Show what a sandbox that was started ahead is for now, where others can see it."""

    def warm(self) -> None:
        """From now on keep sandboxes started ahead."""
        self.pool.fill()

    async def cool(self) -> None:
        """Stop that, and close those that nobody took."""
        await self.pool.drain()

    async def open(self, source: Source) -> Sandbox:
        """Make a sandbox from a tree.

        Raises:
            SandboxError: it cannot be made.
        """
        tar, sandbox = await asyncio.gather(
            asyncio.to_thread(pack, source.tree, self.limits.disk_mb * _MB), self.lease(source), return_exceptions=True
        )
        if isinstance(sandbox, BaseException):
            raise sandbox
        try:
            if isinstance(tar, BaseException):
                raise tar
            if (source.tree / "src").is_dir():
                sandbox.first = ("src",)  # what an editable install does on a developer's machine, for the copy
            await sandbox.put(tar)
        except BaseException:
            await sandbox.close()
            raise
        return sandbox

    def without_services(self) -> Availability | None:
        """What to say where services are asked for and this kind has none."""
        if not self.settings.services:
            return None
        named = ", ".join(self.settings.services)
        remedy = "start Docker, or take `services` out of [sandbox] in loop.toml"
        return Availability(self.kind, False, f"The services {named} run in Docker alone", remedy)

    async def try_out(self, remedy: str) -> Availability:
        """Run a trivial command; `remedy` is what to do when it does not run."""
        try:
            async with await self.start(Source(Path(), label="check")) as sandbox:
                found = await sandbox.run([sandbox.python, "-c", "import pytest; print(6 * 7)"], timeout=20.0)
        except SandboxError as error:
            return Availability(self.kind, False, str(error), remedy)
        if found.ok and found.stdout.strip() == "42":
            return Availability(self.kind, True, f"works with {sandbox.python}")
        said = found.log.splitlines()[-1:] or [f"exit code {found.exit}"]
        return Availability(self.kind, False, f"A trivial command failed in it: {said[0]}", remedy)
