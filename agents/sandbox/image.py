"""The image that Docker sandboxes start from: the Dockerfile beside this file, on the base that settings name."""

from __future__ import annotations

import hashlib
import io
import json
import shlex
import tarfile
from pathlib import Path
from typing import Any

from agents.config import SandboxSettings
from agents.sandbox import SandboxError
from agents.sandbox.dependencies import certificates, dependency_files, index, trust
from agents.sandbox.provider import INSIDE

_REPOSITORY = "loop-sandbox"


def context(settings: SandboxSettings, project: Path) -> dict[str, bytes]:
    """The files of the build, by path.

    Raises:
        SandboxError: the certificates cannot be read.
    """
    bundle = certificates(settings, project)
    env = trust("/opt/loop/ca.pem") if bundle else {}
    files = {
        "Dockerfile": (Path(__file__).parent / "Dockerfile").read_bytes(),
        "loop/env.sh": "".join(f"export {name}={shlex.quote(value)}\n" for name, value in env.items()).encode(),
        "loop/setup.sh": "".join(f"{command}\n" for command in settings.setup).encode(),
        "loop/ca.pem": bundle,
        "loop/project/.keep": b"",
    }
    for path in sorted(INSIDE.glob("*.py")):
        files[f"loop/inside/{path.name}"] = path.read_bytes()
    if settings.setup:
        files |= {f"loop/project/{name}": data for name, data in dependency_files(project).items()}
    return files


def tag(settings: SandboxSettings, files: dict[str, bytes]) -> str:
    """The image's name: the same for the same base, files and index."""
    told = [settings.base, settings.index_url, sorted((name, data.hex()) for name, data in files.items())]
    return f"{_REPOSITORY}:{hashlib.sha256(json.dumps(told).encode()).hexdigest()[:16]}"


def ensure(client: Any, settings: SandboxSettings, project: Path) -> str:
    """The tag of the image, built when it is not there yet (a minute or two the first time).

    Args:
        client: a `docker.DockerClient`.
        settings: the `[sandbox]` section.
        project: the repository's root.

    Raises:
        SandboxError: the base is not there and cannot be pulled, or a step of the build failed.
    """
    from docker.errors import BuildError, DockerException, ImageNotFound

    files = context(settings, project)
    name = tag(settings, files)
    try:
        client.images.get(name)
        return name
    except ImageNotFound:
        pass
    _base(client, settings.base)
    try:
        client.images.build(
            fileobj=_tar(files), custom_context=True, encoding=None, tag=name, rm=True, forcerm=True,
            buildargs={"BASE": settings.base, **index(settings)}, labels={"loop.image": "1"},
        )  # fmt: skip
    except BuildError as error:
        log = [str(line.get("stream") or line.get("error") or "").strip() for line in error.build_log]
        said = " / ".join([line for line in log if line][-4:]) or str(error)
        hint = "Mend `setup` or `base` under [sandbox] in loop.toml."
        raise SandboxError(
            f"The sandbox image on {settings.base} could not be built: {said[-1500:]}. {hint}"
        ) from error
    except DockerException as error:
        raise SandboxError(f"The engine could not build the sandbox image: {error}.") from error
    return name


def _base(client: Any, base: str) -> None:
    from docker.errors import DockerException, ImageNotFound

    try:
        client.images.get(base)
        return
    except ImageNotFound:
        pass
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


def _tar(files: dict[str, bytes]) -> io.BytesIO:
    sink = io.BytesIO()
    with tarfile.open(fileobj=sink, mode="w") as archive:
        for name, data in files.items():
            info = tarfile.TarInfo(name)
            info.size, info.mode = len(data), 0o644
            archive.addfile(info, io.BytesIO(data))
    sink.seek(0)
    return sink
