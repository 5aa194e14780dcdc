"""What the repository says of its own machine: a Dockerfile, or a devcontainer.json.

Read from the last commit, never from the working tree: what is not committed may be a secret, and does not belong in an
image that commands of the repository can read. Fields: containers.dev/implementors/json_reference.
"""

from __future__ import annotations

import hashlib
import json
import posixpath
import re
import shlex
from dataclasses import dataclass, field
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

from agents.repository import GitError, Repository
from agents.sandbox import SandboxError
from agents.sandbox.dependencies import PATTERNS

USUAL = (".devcontainer/devcontainer.json", ".devcontainer.json", ".devcontainer/Dockerfile", "Dockerfile")
_COMMANDS = ("onCreateCommand", "updateContentCommand", "postCreateCommand")
_UNKNOWN = ("features", "initializeCommand", "postStartCommand", "mounts", "runArgs")
_COMMENT = re.compile(r'("(?:\\.|[^"\\])*")|//[^\n]*|/\*.*?\*/', re.DOTALL)
_COMMA = re.compile(r'("(?:\\.|[^"\\])*")|,(?=\s*[}\]])')


@dataclass(frozen=True)
class Recipe:
    """An image to take, or how to build one.

    Args:
        image: to start from as it is; "" when there is a Dockerfile.
        dockerfile: its text.
        context: the folder of the repository that the build sees, "" for all of it.
        target: the stage of the Dockerfile.
        args: build arguments.
        commands: run once afterwards, before `setup`.
        env: of the sandbox's commands.
        left_out: fields that have no effect here.
        key: changes when the recipe does, or the files that name dependencies.
    """

    image: str = ""
    dockerfile: str = ""
    context: str = ""
    target: str = ""
    args: dict[str, str] = field(default_factory=dict)
    commands: tuple[str, ...] = ()
    env: dict[str, str] = field(default_factory=dict)
    left_out: tuple[str, ...] = ()
    key: str = ""


async def read(project: Path, path: str) -> Recipe:
    """The recipe at `path` of the last commit.

    Raises:
        SandboxError: it is not committed, cannot be read, or needs what this cannot do.
    """
    repository = Repository(project)
    text = await _text(repository, path)
    made = await _devcontainer(repository, path, text) if path.endswith(".json") else Recipe(dockerfile=text)
    told = [text, made.dockerfile, await _state(repository, posixpath.dirname(path))]
    digest = hashlib.sha256(json.dumps(told).encode()).hexdigest()
    return Recipe(**{**vars(made), "key": digest})


async def context(project: Path, recipe: Recipe) -> bytes:
    """The files of the build as a tar.

    Raises:
        SandboxError: git cannot give them.
    """
    try:
        return await Repository(project).raw("archive", "--format=tar", f"HEAD:{recipe.context}")
    except GitError as error:
        raise SandboxError(f"The files of the image could not be read: {error}.") from error


async def _text(repository: Repository, path: str) -> str:
    path = posixpath.normpath(path)
    hint = "commit it, or mend `build` under [sandbox] in loop.toml"
    if path.startswith(("/", "..")):
        raise SandboxError(f"The image is to be built from {path}, which is outside the repository; {hint}.")
    try:
        return (await repository.raw("show", f"HEAD:{path}")).decode("utf-8", "replace")
    except GitError:
        raise SandboxError(f"There is no {path} in the last commit to build the image from; {hint}.") from None


async def _state(repository: Repository, folder: str) -> list[str]:
    """The files that decide what a build gives: those about dependencies, and those beside the recipe."""
    try:
        lines = (await repository.git("ls-tree", "-r", "HEAD")).splitlines()
    except GitError as error:
        raise SandboxError(f"The files of the image could not be read: {error}.") from error
    return [line for line in lines if _matters(line.partition("\t")[2], folder)]


def _matters(path: str, folder: str) -> bool:
    beside = bool(folder) and path.startswith(f"{folder}/")
    return beside or any(fnmatch(path, pattern) for pattern in PATTERNS if not pattern.startswith("README"))


async def _devcontainer(repository: Repository, path: str, text: str) -> Recipe:
    found = _parsed(path, text)
    if "dockerComposeFile" in found:
        hint = "name the Dockerfile as `build` and its services as `services` under [sandbox] in loop.toml"
        raise SandboxError(f"{path} starts from a compose file; {hint}.")
    build: dict[str, Any] = found.get("build") or {}
    named = build.get("dockerfile") or found.get("dockerFile") or ""
    here = posixpath.dirname(path)
    if not named and not found.get("image"):
        raise SandboxError(f"{path} names neither an image nor a Dockerfile; mend it or `build` in loop.toml.")
    context = posixpath.normpath(posixpath.join(here, str(build.get("context") or found.get("context") or ".")))
    if context.startswith(("/", "..")):
        raise SandboxError(f"The context of {path} is outside the repository; mend it or `build` in loop.toml.")
    env = {name: value for name, value in (found.get("containerEnv") or {}).items() if "${" not in str(value)}
    return Recipe(
        image="" if named else str(found["image"]),
        dockerfile=await _text(repository, posixpath.join(here, str(named))) if named else "",
        context="" if context == "." else context,
        target=str(build.get("target") or ""),
        args={str(name): str(value) for name, value in (build.get("args") or {}).items()},
        commands=tuple(line for name in _COMMANDS for line in _lines(found.get(name))),
        env={str(name): str(value) for name, value in env.items()},
        left_out=tuple(name for name in _UNKNOWN if found.get(name)),
    )


def _parsed(path: str, text: str) -> dict[str, Any]:
    """JSON with comments and trailing commas."""
    for pattern in (_COMMENT, _COMMA):
        text = pattern.sub(lambda match: match[1] or "", text)
    try:
        found = json.loads(text)
    except ValueError as error:
        raise SandboxError(f"{path} is not valid JSON ({error}); mend it or `build` in loop.toml.") from None
    if not isinstance(found, dict) or not isinstance(found.get("build") or {}, dict):
        raise SandboxError(f"{path} does not describe a container; mend it or `build` in loop.toml.")
    return found


def _lines(command: Any) -> list[str]:
    """A lifecycle command as shell lines: a string, the words of one, or several by name."""
    if isinstance(command, dict):
        return [line for each in command.values() for line in _lines(each)]
    if isinstance(command, list):
        return [shlex.join(map(str, command))]
    return [str(command)] if command else []
