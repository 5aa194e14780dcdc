"""Sandboxes made of Linux namespaces by bubblewrap: no daemon, no image, nothing written on the host.

The tree lives in a tmpfs that only the sandbox sees and that vanishes with its last process, so nothing is left to
reap. Source of the flags: bwrap(1).
"""

from __future__ import annotations

import asyncio
import shutil
from pathlib import Path

from agents.config import SandboxSettings
from agents.sandbox import WORKDIR, Availability, SandboxError, Source
from agents.sandbox.environment import Environment, prepare
from agents.sandbox.live import BASE_ENV, LiveSandbox, Shape, greet
from agents.sandbox.provider import INSIDE, Provider, starter
from agents.sandbox.subprocess_pipe import SubprocessPipe

_INSTALL = "install bubblewrap (`apt install bubblewrap`, `dnf install bubblewrap`)"
_NAMESPACES = (
    "allow unprivileged user namespaces (`sysctl kernel.unprivileged_userns_clone=1`, on Ubuntu 24.04 also "
    "`sysctl kernel.apparmor_restrict_unprivileged_userns=0`), or use Docker"
)
_ETC = ("ld.so.cache", "ld.so.conf", "alternatives", "localtime", "mime.types", "protocols", "services")
_MB = 1 << 20
NO_ENV = {"PATH": "/usr/local/bin:/usr/bin:/bin"}


class Flags:
    """What this version of bwrap can do.

    Args:
        path: of bwrap.
        text: the output of `bwrap --help`.
    """

    def __init__(self, path: str, text: str) -> None:
        self.path = path
        self.sized = "--size " in text
        self.locks = "--disable-userns" in text

    @classmethod
    async def find(cls) -> Flags:
        """Ask the bwrap on PATH.

        Raises:
            SandboxError: there is none.
        """
        path = shutil.which("bwrap")
        if path is None:
            raise SandboxError(f"bubblewrap is not installed; {_INSTALL}.")
        pipe = asyncio.subprocess.PIPE
        process = await asyncio.create_subprocess_exec(path, "--help", stdout=pipe, stderr=asyncio.subprocess.STDOUT)
        out, _ = await process.communicate()
        return cls(path, out.decode("utf-8", "replace"))

    def confine(self, folders: tuple[Path, ...], *, network: bool = False) -> list[str]:
        """The command line of an empty machine: system and `folders` read-only, nothing else of the host."""
        argv = [self.path, "--unshare-all", "--unshare-user", "--die-with-parent", "--new-session"]
        argv += ["--cap-drop", "ALL", "--clearenv", "--uid", "1000", "--gid", "1000", "--hostname", "loop"]
        argv += ["--share-net"] if network else []
        argv += ["--disable-userns"] if self.locks else []
        argv += ["--ro-bind", "/usr", "/usr"]
        for name in ("bin", "sbin", "lib", "lib32", "lib64", "libx32"):
            path = Path("/", name)
            if path.is_symlink():
                argv += ["--symlink", str(path.readlink()), str(path)]
            else:
                argv += ["--ro-bind-try", str(path), str(path)]
        argv += ["--ro-bind-try", "/nix/store", "/nix/store", "--proc", "/proc", "--dev", "/dev", "--dir", "/etc"]
        for name in _ETC:
            argv += ["--ro-bind-try", f"/etc/{name}", f"/etc/{name}"]
        for name in ("passwd", "group", "hosts"):
            argv += ["--ro-bind", str(INSIDE.parent / "etc" / name), f"/etc/{name}"]
        argv += ["--dir", "/run", "--dir", "/var"]
        # Before the prefixes: one of them may lie under /tmp.
        argv += [*self.room(256), "--tmpfs", "/tmp"]
        for folder in folders:
            argv += ["--ro-bind", str(folder), str(seen(folder))]
        return argv

    def room(self, megabytes: int) -> list[str]:
        """How large the next tmpfs may grow."""
        return ["--size", str(megabytes * _MB)] if self.sized else []


def seen(path: Path) -> Path:
    """Where a folder of the host is inside: in its own place, unless the tree would hide it there."""
    return Path("/opt/host", path.relative_to("/")) if path.is_relative_to(WORKDIR) else path


class BubblewrapProvider(Provider):
    """Opens sandboxes with bwrap.

    Args:
        settings: the `[sandbox]` section.
        project: the repository's root.
    """

    kind = "bubblewrap"

    def __init__(self, settings: SandboxSettings, project: Path) -> None:
        super().__init__(settings, project)
        self._once = asyncio.Lock()
        self._ready: tuple[Flags, Environment] | None = None

    async def check(self) -> Availability:
        """Run a command for real."""
        if (without := self.without_services()) is not None:
            return without
        try:
            await Flags.find()
        except SandboxError as error:
            return Availability(self.kind, False, str(error), _INSTALL)
        found = await self.try_out(_NAMESPACES)
        if found.ok and self._ready is not None:
            flags, environment = self._ready
            old = "" if flags.sized and flags.locks else ", an old bwrap: disk is watched, not bounded"
            built = ", and not the image of `build`, for which it takes Docker" if self.settings.build else ""
            detail = f"works with {seen(environment.python)}{environment.told}{built}{old}"
            return Availability(self.kind, True, detail)
        return found

    async def prepared(self) -> tuple[Flags, Environment]:
        """Bwrap and the interpreter, found once."""
        async with self._once:
            if self._ready is None:
                flags = await Flags.find()
                self._ready = flags, await prepare(self.settings, self.project, flags)
        return self._ready

    async def start(self, source: Source) -> LiveSandbox:
        """An empty sandbox."""
        flags, environment = await self.prepared()
        python = str(seen(environment.python))
        argv = [*flags.confine(environment.folders), "--ro-bind", str(INSIDE), "/run/loop/inside"]
        for inside, folder in source.folders.items():
            argv += ["--ro-bind", str(folder), inside]
        argv += [*flags.room(self.limits.disk_mb), "--tmpfs", WORKDIR, "--remount-ro", "/", "--chdir", WORKDIR]
        # First process of its namespace: commands cannot kill it, nor find its pipes in another's hands.
        argv += ["--as-pid-1", "--", *starter(python, "/run/loop")]
        path = f"{Path(python).parent}:{NO_ENV['PATH']}"
        env = {**BASE_ENV, **environment.env, "PATH": path, **source.env}
        shape = Shape(
            self.kind, WORKDIR, python, env, self.limits_of(source),
            paths=tuple(str(seen(path)) for path in environment.paths), disk_watched=not flags.sized,
            reserving=source.reserving,
        )  # fmt: skip
        pipe = await SubprocessPipe.start(argv, NO_ENV)
        return await greet(pipe, shape)

    async def reap(self) -> int:
        """Nothing: these sandboxes end with the process that made them, files and all."""
        return 0
