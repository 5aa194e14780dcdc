"""The Python that bubblewrap and none use: an interpreter of the host, or an environment that `setup` built once."""

from __future__ import annotations

import asyncio
import fcntl
import hashlib
import importlib.metadata
import json
import os
import shutil
import signal
import tempfile
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from agents.config import SandboxSettings
from agents.sandbox import WORKDIR, SandboxError
from agents.sandbox.dependencies import certificates, dependency_files, index, trust
from agents.sandbox.interpreter import Interpreter, configured, inspect, is_loops
from agents.sandbox.plugins import unasked

_PYTEST = ("pytest", "pluggy", "iniconfig", "packaging", "pygments", "exceptiongroup", "tomli", "typing-extensions")
_BUILD_TIME = 1800.0  # seconds for all of setup
_NETWORK_FILES = ("/etc/resolv.conf", "/etc/nsswitch.conf", "/etc/ssl", "/etc/ca-certificates", "/etc/pki")


class Confines(Protocol):
    """Makes the command line of an empty machine; `agents.sandbox.bubblewrap.Flags` does."""

    def confine(self, folders: tuple[Path, ...], *, network: bool = False) -> list[str]:
        """The command line that shows `folders` read-only."""
        ...


@dataclass(frozen=True)
class Environment:
    """What commands run with.

    Args:
        python: the interpreter, as a path of the host.
        folders: what must be visible, read-only.
        paths: folders at the end of PYTHONPATH.
        without: plugins of pytest's that are not to be loaded.
    """

    python: Path
    folders: tuple[Path, ...]
    paths: tuple[Path, ...] = ()
    without: tuple[str, ...] = ()

    @property
    def env(self) -> dict[str, str]:
        """Variables that commands need besides."""
        if not self.without:
            return {}
        return {"PYTEST_ADDOPTS": " ".join(f"-p no:{name}" for name in self.without)}

    @property
    def told(self) -> str:
        """What is worth knowing about it, for people; "" when nothing is."""
        if not self.without:
            return ""
        return f", Loop's own Python without its pytest plugins ({', '.join(self.without)})"


async def prepare(settings: SandboxSettings, project: Path, confines: Confines | None) -> Environment:
    """Find the interpreter; build the environment of `setup` when there is one and it is new.

    Args:
        settings: the `[sandbox]` section.
        project: the repository's root.
        confines: where setup commands run; None: on the host.

    Raises:
        SandboxError: the interpreter does not run, or a setup command failed.
    """
    found = await inspect(configured(settings, project))
    if settings.setup:
        found = await _built(settings, project, found, confines)
    if found.has_pytest:
        alien = await asyncio.to_thread(unasked, project) if is_loops(found.path, project) else []
        return Environment(found.path, found.folders, without=tuple(alien))
    folder = await asyncio.to_thread(_own_pytest, _state(project))
    await _compiled(folder, found)
    return Environment(found.path, (*found.folders, folder), (folder,))


def _state(project: Path) -> Path:
    state = project / ".loop"
    state.mkdir(exist_ok=True, mode=0o700)
    if not (state / ".gitignore").exists():
        (state / ".gitignore").write_text("*\n")
    (state / "env").mkdir(exist_ok=True)
    return (state / "env").resolve()


def _own_pytest(state: Path) -> Path:
    """A folder with a copy of the pytest that Loop itself was installed with: it is pure Python."""
    version = importlib.metadata.version("pytest")
    folder = state / f"pytest-{version}"
    if folder.exists():
        return folder
    part = Path(tempfile.mkdtemp(prefix="pytest-", dir=state))
    for name in _PYTEST:
        with suppress(importlib.metadata.PackageNotFoundError):
            for file in importlib.metadata.files(name) or []:
                if ".." not in file.parts and (source := Path(str(file.locate()))).is_file():
                    (part / file).parent.mkdir(parents=True, exist_ok=True)
                    shutil.copy2(source, part / file)
    with suppress(OSError):  # another process was quicker; its copy is as good
        part.rename(folder)
    shutil.rmtree(part, ignore_errors=True)
    return folder


async def _compiled(folder: Path, by: Interpreter) -> None:
    """Bytecode for that copy, where Loop's own is of no use: a sandbox cannot write it, and would compile each time."""
    if not any((folder / "_pytest" / "__pycache__").glob(f"*.{by.tag}.pyc")):
        argv = [str(by.path), "-I", "-m", "compileall", "-q", str(folder)]
        null = asyncio.subprocess.DEVNULL
        await (await asyncio.create_subprocess_exec(*argv, stdout=null, stderr=null)).wait()


async def _built(settings: SandboxSettings, project: Path, base: Interpreter, confines: Confines | None) -> Interpreter:
    """The environment that the setup commands made, from `.loop/env` when nothing they depend on changed."""
    files = dependency_files(project)
    bundle = certificates(settings, project)
    recipe = [str(base.path), settings.setup, settings.index_url, sorted((k, v.hex()) for k, v in files.items())]
    key = hashlib.sha256(json.dumps([*recipe, bundle.hex()]).encode()).hexdigest()[:16]
    state = _state(project)
    folder = state / key
    async with _locked(state / f"{key}.lock"):
        if not (folder / ".ready").exists():
            shutil.rmtree(folder, ignore_errors=True)
            with tempfile.TemporaryDirectory(prefix="loop-setup-") as work:
                for name, data in files.items():
                    (Path(work) / name).parent.mkdir(parents=True, exist_ok=True)
                    (Path(work) / name).write_bytes(data)
                (folder / "ca").mkdir(parents=True)
                (folder / "ca" / "bundle.pem").write_bytes(bundle)
                await _Build(settings, base, folder, Path(work), confines).run()
            (folder / ".ready").touch()
    return await inspect(folder / "bin" / "python")


@asynccontextmanager
async def _locked(path: Path) -> AsyncIterator[None]:
    """One process at a time; the kernel lets go when it dies."""
    handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        while True:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                await asyncio.sleep(0.2)
        yield
    finally:
        os.close(handle)


@dataclass(frozen=True)
class _Build:
    settings: SandboxSettings
    base: Interpreter
    folder: Path
    work: Path
    confines: Confines | None

    async def run(self) -> None:
        """Make the environment and run each command in it."""
        home = {"HOME": "/tmp", "LANG": "C.UTF-8", "VIRTUAL_ENV": str(self.folder)}
        home["PATH"] = f"{self.folder / 'bin'}:/usr/local/bin:/usr/bin:/bin"
        env = {**home, **index(self.settings), "UV_COMPILE_BYTECODE": "1"}  # nobody can write it afterwards
        if self.settings.ca_bundle:
            env |= trust(str(self.folder / "ca" / "bundle.pem"))
        # System packages stay visible, as they do in an image built on a base that has them.
        await self._step([str(self.base.path), "-m", "venv", "--system-site-packages", str(self.folder)], env)
        for command in self.settings.setup:
            await self._step(["sh", "-c", command], env)

    async def _step(self, argv: list[str], env: Mapping[str, str]) -> None:
        if self.confines is not None:
            line = self.confines.confine(self.base.folders, network=True)
            for path in _NETWORK_FILES:
                line += ["--ro-bind-try", path, path]
            line += ["--bind", str(self.folder), str(self.folder), "--bind", str(self.work), WORKDIR]
            for name, value in env.items():
                line += ["--setenv", name, value]
            argv = [*line, "--chdir", WORKDIR, "--", *argv]
        process = await asyncio.create_subprocess_exec(
            *argv, cwd=self.work, env=dict(env), start_new_session=True,
            stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
        )  # fmt: skip
        assert process.stdout is not None
        said = b""
        try:
            async with asyncio.timeout(_BUILD_TIME):
                while data := await process.stdout.read(1 << 16):
                    said = (said + data)[-4000:]
                await process.wait()
        finally:
            if process.returncode is None:
                os.killpg(process.pid, signal.SIGKILL)
                await process.wait()
        if process.returncode:
            if b"ensurepip is not" in said:  # Debian ships Python in two packages
                why = f"The interpreter {self.base.path} cannot make an environment for `setup`"
                raise SandboxError(f"{why}; run `apt-get install python3-venv` and try again.")
            last = said.decode("utf-8", "replace").strip().splitlines()[-3:]
            raise SandboxError(f"The setup command {argv[-1]!r} failed: {' / '.join(last)}. Mend `setup` in loop.toml.")
