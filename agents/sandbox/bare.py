"""No isolation: a private copy and process limits, for code that is trusted anyway."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from pathlib import Path

from agents.config import SandboxSettings
from agents.sandbox import Availability, SandboxError, Source
from agents.sandbox.environment import Environment, prepare
from agents.sandbox.live import BASE_ENV, LiveSandbox, Shape, greet
from agents.sandbox.owner import lives, me, project_key
from agents.sandbox.provider import INSIDE, Provider, starter
from agents.sandbox.subprocess_pipe import SubprocessPipe

_PATH = "/usr/local/bin:/usr/bin:/bin"


class BareProvider(Provider):
    """Runs commands on the host, in a copy of the tree.

    Args:
        settings: the `[sandbox]` section.
        project: the repository's root.
    """

    kind = "none"

    def __init__(self, settings: SandboxSettings, project: Path) -> None:
        super().__init__(settings, project)
        self._once = asyncio.Lock()
        self._environment: Environment | None = None
        self._prefix = f"loop-{project_key(project)}-"

    async def check(self) -> Availability:
        """Run a command for real."""
        if (without := self.without_services()) is not None:
            return without
        found = await self.try_out("set `python` under [sandbox] in loop.toml")
        told = self._environment.told if self._environment is not None else ""
        detail = f"no isolation: {found.detail}{told}; for code you trust only" if found.ok else found.detail
        return Availability(self.kind, found.ok, detail, found.remedy)

    async def _prepared(self) -> Environment:
        async with self._once:
            if self._environment is None:
                self._environment = await prepare(self.settings, self.project, None)
        return self._environment

    async def start(self, source: Source) -> LiveSandbox:
        """An empty folder of its own under the temporary folder.

        Raises:
            SandboxError: folders are to be seen in it, which takes a file system of its own.
        """
        if source.folders:
            raise SandboxError("The sandbox `none` shows no folders inside; use Docker or bubblewrap.")
        environment = await self._prepared()
        folder = Path(tempfile.mkdtemp(prefix=f"{self._prefix}{me()}-"))
        try:
            for name in ("tree", "tmp"):
                (folder / name).mkdir()
            home = str(folder / "tmp")
            env = {**BASE_ENV, **environment.env, "HOME": home, "TMPDIR": home}
            env["PATH"] = f"{environment.python.parent}:{_PATH}"
            shape = Shape(
                self.kind, str(folder / "tree"), str(environment.python), {**env, **source.env}, self.limits,
                paths=tuple(map(str, environment.paths)), private=False, remove=str(folder),
            )  # fmt: skip
            line = starter(str(environment.python), str(INSIDE.parent))
            pipe = await SubprocessPipe.start(line, {"PATH": _PATH}, gentle=True)
            return await greet(pipe, shape)
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)
            raise

    async def reap(self) -> int:
        """Remove the folders of processes that are gone."""

        def sweep() -> int:
            count = 0
            for folder in Path(tempfile.gettempdir()).glob(f"{self._prefix}*"):
                token = "-".join(folder.name.removeprefix(self._prefix).split("-")[:2])
                if not lives(token):
                    shutil.rmtree(folder, ignore_errors=True)
                    count += 1
            return count

        return await asyncio.to_thread(sweep)
