"""Which Python runs the repository's code where there is no image, and which folders it needs."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from dataclasses import dataclass
from pathlib import Path

from agents.config import SandboxSettings
from agents.sandbox import SandboxError

_ASK = """
import importlib.util, json, sys
where = sys.prefix, sys.base_prefix, sys.base_exec_prefix
print(json.dumps([*where, importlib.util.find_spec("pytest") is not None, sys.implementation.cache_tag]))
"""


@dataclass(frozen=True)
class Interpreter:
    """A Python and what must be visible for it to run.

    Args:
        path: absolute, links unresolved: a virtual environment is told by them.
        folders: prefixes to bind read-only, `/usr` left out.
        has_pytest: whether it can import pytest by itself.
        tag: what it calls its bytecode, e.g. cpython-311.
    """

    path: Path
    folders: tuple[Path, ...]
    has_pytest: bool
    tag: str


def configured(settings: SandboxSettings, project: Path) -> Path:
    """The interpreter that settings name, else the repository's, else the active environment's, else Loop's own."""
    project = project.resolve()
    if settings.python:
        return Path(os.path.normpath(project / Path(settings.python).expanduser()))
    folders = [project / ".venv", project / "venv"]
    active = os.environ.get("VIRTUAL_ENV", "")
    if active and Path(active).resolve() != Path(sys.prefix).resolve():
        folders.append(Path(os.path.normpath(active)))
    return next((python for folder in folders if (python := folder / "bin" / "python").exists()), Path(sys.executable))


def is_loops(path: Path, project: Path) -> bool:
    """Whether an interpreter is the one that Loop runs with, and that is no environment of the project's."""
    return path == Path(sys.executable) and not Path(sys.prefix).is_relative_to(project.resolve())


async def inspect(path: Path) -> Interpreter:
    """Ask an interpreter where it lives.

    Raises:
        SandboxError: it does not run, or lives where a sandbox must not look.
    """
    hint = "set `python` under [sandbox] in loop.toml to an interpreter that works"
    pipe = asyncio.subprocess.PIPE
    try:
        # -I: no user site, no PYTHON* of the host; the same holds inside.
        process = await asyncio.create_subprocess_exec(str(path), "-I", "-c", _ASK, stdout=pipe, stderr=pipe)
        out, err = await process.communicate()
        prefix, base, exec_base, has_pytest, cache_tag = json.loads(out)
    except OSError as error:
        raise SandboxError(f"The interpreter {path} cannot be started ({error.strerror}); {hint}.") from error
    except ValueError:
        said = err.decode("utf-8", "replace").strip().splitlines()
        raise SandboxError(
            f"The interpreter {path} does not run ({said[-1] if said else 'no output'}); {hint}."
        ) from None
    folders = {Path(prefix), Path(base), Path(exec_base)}
    folders |= {folder.resolve() for folder in folders} | _link_homes(path)
    for folder in folders:
        if _too_wide(folder):
            raise SandboxError(f"The interpreter {path} lives in {folder}, which holds more than Python; {hint}.")
    system = [Path("/usr"), Path("/nix/store")]
    kept = sorted(folder for folder in folders if not any(folder.is_relative_to(root) for root in system))
    return Interpreter(path, tuple(kept), bool(has_pytest), str(cache_tag))


def _link_homes(path: Path) -> set[Path]:
    """The installations that an interpreter's chain of links passes through."""
    homes: set[Path] = set()
    for _ in range(20):
        if not path.is_symlink():
            break
        path = Path(os.path.normpath(path.parent / path.readlink()))
        if path.parent.name == "bin" and not _too_wide(path.parent.parent):
            homes.add(path.parent.parent)
    return homes


def _too_wide(folder: Path) -> bool:
    """Whether binding a folder would show the host's own files."""
    guarded = [Path.home(), *map(Path, ("/home", "/root", "/tmp", "/etc", "/var", "/mnt", "/srv", "/opt"))]
    return any(place.is_relative_to(folder) for place in guarded)
