"""The image that Docker sandboxes start from: the Dockerfile beside this file, on the base that settings name.

The base is an image, or what the repository's own recipe gives. Both steps are named by what goes into them, so that
dependencies are installed once, with network, and every sandbox after that starts from the result without any.
"""

from __future__ import annotations

import hashlib
import io
import json
import shlex
import tarfile
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, NamedTuple

from agents.config import SandboxSettings
from agents.sandbox import SandboxError
from agents.sandbox import recipe as recipes
from agents.sandbox.dependencies import certificates, dependency_files, index, trust
from agents.sandbox.owner import project_key
from agents.sandbox.provider import INSIDE
from agents.sandbox.recipe import Recipe

_REPOSITORY = "loop-sandbox"
_DOCKERFILE = ".loop.Dockerfile"  # the repository's own, wherever it lies, in the context of its build
Call = Callable[[Callable[[], Any]], Awaitable[Any]]


class Image(NamedTuple):
    """An image that is there.

    Args:
        name: its tag.
        env: what commands in it are to get.
        told: what it was made of, for people.
    """

    name: str
    env: dict[str, str]
    told: str


def context(settings: SandboxSettings, project: Path, recipe: Recipe | None = None) -> dict[str, bytes]:
    """The files of the build, by path.

    Raises:
        SandboxError: the certificates cannot be read.
    """
    bundle = certificates(settings, project)
    env = trust("/opt/loop/ca.pem") if bundle else {}
    setup = [*(recipe.commands if recipe else ()), *settings.setup]
    files = {
        "Dockerfile": (Path(__file__).parent / "Dockerfile").read_bytes(),
        "loop/env.sh": "".join(f"export {name}={shlex.quote(value)}\n" for name, value in env.items()).encode(),
        "loop/setup.sh": "".join(f"{command}\n" for command in setup).encode(),
        "loop/ca.pem": bundle,
        "loop/project/.keep": b"",
    }
    for path in sorted(INSIDE.glob("*.py")):
        files[f"loop/inside/{path.name}"] = path.read_bytes()
    if setup:
        files |= {f"loop/project/{name}": data for name, data in dependency_files(project).items()}
    return files


def tag(settings: SandboxSettings, files: dict[str, bytes], owner: str = "", recipe: Recipe | None = None) -> str:
    """The image's name: the same for the same base or recipe, files and index.

    Args:
        settings: the `[sandbox]` section.
        files: what `context` gave.
        owner: whose it is, when it is one project's alone.
        recipe: what the base is built from.
    """
    told = [settings.base, settings.index_url, sorted((name, data.hex()) for name, data in files.items())]
    own = [owner, recipe.key if recipe else ""] if owner else []
    return f"{_REPOSITORY}:{hashlib.sha256(json.dumps([*told, *own]).encode()).hexdigest()[:16]}"


async def ensure(call: Call, client: Any, settings: SandboxSettings, project: Path) -> Image:
    """The image, built when it is not there yet (a minute or two the first time).

    Args:
        call: runs a call of the SDK on a thread.
        client: a `docker.DockerClient`.
        settings: the `[sandbox]` section.
        project: the repository's root.

    Raises:
        SandboxError: the base is not there and cannot be pulled, or a step of a build failed.
    """
    recipe = await recipes.read(project, settings.build) if settings.build else None
    files = context(settings, project, recipe)
    owner = project_key(project) if settings.setup or recipe else ""
    name = tag(settings, files, owner, recipe)
    if not await call(lambda: _there(client, name)):
        tar = await recipes.context(project, recipe) if recipe and recipe.dockerfile else b""
        await call(lambda: _build(client, settings, name, files, owner, recipe, tar))
    env = await call(lambda: _env(client, name))
    return Image(name, {**env, **(recipe.env if recipe else {})}, _told(settings, recipe))


def _told(settings: SandboxSettings, recipe: Recipe | None) -> str:
    if recipe is None:
        return f"on {settings.base}"
    return f"from {settings.build}" + (f", without {', '.join(recipe.left_out)}" if recipe.left_out else "")


def _env(client: Any, name: str) -> dict[str, str]:
    """What `ENV` in an image's Dockerfiles says; PATH is found by the process inside."""
    lines = client.images.get(name).attrs["Config"].get("Env") or []
    return {name: value for name, _, value in (line.partition("=") for line in lines) if name != "PATH"}


def _there(client: Any, name: str) -> bool:
    from docker.errors import ImageNotFound

    try:
        client.images.get(name)
    except ImageNotFound:
        return False
    return True


def _build(
    client: Any, settings: SandboxSettings, name: str, files: dict[str, bytes], owner: str, recipe: Recipe | None,
    tar: bytes,
) -> None:  # fmt: skip
    labels = {"loop.image": "1", **({"loop.project": owner} if owner else {})}
    proxies = index(settings)
    base = recipe.image if recipe else settings.base
    if recipe and recipe.dockerfile:
        base = f"{_REPOSITORY}-base:{name.partition(':')[2]}"
        own = _joined(tar, recipe.dockerfile.encode())
        hint = f"Mend it, or build it by hand and name the result as `base` instead of `build = {settings.build!r}`."
        args = {**proxies, **recipe.args}
        _run(client, own, base, args, labels, hint, dockerfile=_DOCKERFILE, target=recipe.target or None)
    else:
        pull(client, base)
    hint = "Mend `setup` or `base` under [sandbox] in loop.toml."
    _run(client, _tar(files), name, {"BASE": base, **proxies}, labels, hint)
    if owner:
        _prune(client, owner, settings.keep_images)


def _run(
    client: Any, tar: io.BytesIO, name: str, args: dict[str, str], labels: dict[str, str], hint: str, **more: Any
) -> None:
    """One build."""
    from docker.errors import BuildError, DockerException

    try:
        client.images.build(
            fileobj=tar, custom_context=True, encoding=None, tag=name, rm=True, forcerm=True, buildargs=args,
            labels=labels, **more,
        )  # fmt: skip
    except BuildError as error:
        log = [str(line.get("stream") or line.get("error") or "").strip() for line in error.build_log]
        said = " / ".join([line for line in log if line][-4:]) or str(error)
        on = args.get("BASE") or "the repository's own recipe"
        raise SandboxError(f"The sandbox image on {on} could not be built: {said[-1500:]}. {hint}") from error
    except DockerException as error:
        raise SandboxError(f"The engine could not build the sandbox image: {error}. {hint}") from error


def _prune(client: Any, owner: str, keep: int) -> None:
    """Remove this project's images but the newest; those that are in use stay, and so do all others."""
    from docker.errors import APIError

    for repository in (_REPOSITORY, f"{_REPOSITORY}-base"):  # first what was built on the others
        found = client.images.list(name=repository, filters={"label": ["loop.image=1", f"loop.project={owner}"]})
        for image in sorted(found, key=lambda each: str(each.attrs["Created"]), reverse=True)[keep:]:
            for name in (name for name in image.tags if name.startswith(f"{repository}:")):
                try:
                    client.images.remove(name)
                except APIError:
                    continue  # a container of it runs


def pull(client: Any, base: str) -> None:
    """Fetch an image that is not here.

    Raises:
        SandboxError: it cannot be fetched.
    """
    from docker.errors import DockerException

    if _there(client, base):
        return
    try:
        repository, _, label = base.rpartition(":")
        if not repository or "/" in label:  # no tag: "image", "host:5000/image"
            repository, label = base, "latest"
        if "@" in base:
            repository, label = base, ""
        client.api.pull(repository, tag=label or None)
        client.images.get(base)
    except DockerException as error:
        said = getattr(error, "explanation", None) or error
        raise SandboxError(
            f"The image {base} is not here and cannot be pulled ({said}); run `docker pull {base}` where it can be, or "
            "name an image that is here as `base` under [sandbox] in loop.toml (or LOOP_SANDBOX__BASE)."
        ) from error


def _joined(tar: bytes, dockerfile: bytes) -> io.BytesIO:
    """The repository's files and its Dockerfile."""
    sink = io.BytesIO(tar)
    with tarfile.open(fileobj=sink, mode="a") as archive:
        _put(archive, _DOCKERFILE, dockerfile)
    sink.seek(0)
    return sink


def _tar(files: dict[str, bytes]) -> io.BytesIO:
    sink = io.BytesIO()
    with tarfile.open(fileobj=sink, mode="w") as archive:
        for name, data in files.items():
            _put(archive, name, data)
    sink.seek(0)
    return sink


def _put(archive: tarfile.TarFile, name: str, data: bytes) -> None:
    info = tarfile.TarInfo(name)
    info.size, info.mode = len(data), 0o644
    archive.addfile(info, io.BytesIO(data))
