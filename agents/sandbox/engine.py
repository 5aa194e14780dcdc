"""Finding a Docker Engine, quickly where there is none."""

from __future__ import annotations

import os
import socket
from pathlib import Path
from typing import Any

from agents.sandbox import SandboxError

START = "start Docker (or point DOCKER_HOST at an engine)"
_PROBE = 0.5  # seconds to connect


def address() -> str:
    """Where an engine listens.

    Raises:
        SandboxError: none does.
    """
    named = os.environ.get("DOCKER_HOST", "")
    if named and not named.startswith("unix://"):
        return named
    runtime = os.environ.get("XDG_RUNTIME_DIR", f"/run/user/{os.getuid()}")
    home = Path.home()
    usual = ["/var/run/docker.sock", f"{runtime}/docker.sock", f"{home}/.docker/run/docker.sock"]
    usual += [f"{home}/.colima/default/docker.sock", f"{runtime}/podman/podman.sock"]
    for path in [named.removeprefix("unix://")] if named else usual:
        with socket.socket(socket.AF_UNIX) as probe:
            probe.settimeout(_PROBE)
            try:
                probe.connect(path)
            except OSError:
                continue
            return f"unix://{path}"
    where = f"at {named}" if named else "on this machine"
    raise SandboxError(f"No Docker Engine answers {where}; {START}.")


def connect() -> Any:
    """A client of the engine.

    Raises:
        SandboxError: none answers.
    """
    where = address()
    import docker
    from docker.errors import DockerException

    try:
        if where.startswith("unix://"):
            client = docker.DockerClient(base_url=where, timeout=120)
        else:
            client = docker.from_env(timeout=5)
            client.ping()
            client.api.timeout = 120
        return client
    except DockerException as error:
        raise SandboxError(f"The Docker Engine at {where} does not answer ({error}); {START}.") from error
