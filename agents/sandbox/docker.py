"""Sandboxes made of hardened containers.

No network, no capability, no privilege to gain, a read-only root, a user of its own, bounded memory, processors,
processes and files, nothing of the host inside: neither folders nor environment nor the engine's socket. The tree is
in a tmpfs of limited size. The container ends with the connection that feeds it, also when Loop is killed.
"""

from __future__ import annotations

import asyncio
import contextlib
import re
import secrets
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

from agents.config import SandboxSettings
from agents.sandbox import WORKDIR, Availability, SandboxError, Source, compose
from agents.sandbox.docker_pipe import DockerPipe
from agents.sandbox.engine import START, connect
from agents.sandbox.image import Image, ensure, pull
from agents.sandbox.live import BASE_ENV, LiveSandbox, Shape, greet
from agents.sandbox.owner import host, lives, me, project_key
from agents.sandbox.pod import Pod
from agents.sandbox.provider import Provider, starter

T = TypeVar("T")
USER = "10001:10001"


class _Launched(NamedTuple):
    attached: Any  # its streams
    number: str  # what the engine calls it
    remove: Callable[[], None]  # it, and what was started for it


class DockerProvider(Provider):
    """Opens sandboxes in containers.

    Args:
        settings: the `[sandbox]` section.
        project: the repository's root.
    """

    kind = "docker"

    def __init__(self, settings: SandboxSettings, project: Path) -> None:
        super().__init__(settings, project)
        self._pool = ThreadPoolExecutor(max_workers=16, thread_name_prefix="loop-docker")
        self._once = asyncio.Lock()
        self._client: Any = None
        self._image: Image | None = None
        self._services: list[compose.Service] = []

    async def check(self) -> Availability:
        """Run a command for real; builds the image the first time."""
        try:
            client = await self._connected()
        except SandboxError as error:
            return Availability(self.kind, False, str(error), START)
        found = await self.try_out("see the README's section on sandboxes")
        if not found.ok:
            return found
        assert self._image is not None
        version = await self._call(lambda: client.version()["Version"])
        beside = f", beside it {', '.join(self.settings.services)}" if self.settings.services else ""
        told = f"engine {version}, image {self._image.name} {self._image.told}{beside}"
        return Availability(self.kind, True, told)

    async def start(self, source: Source) -> LiveSandbox:
        """An empty container.

        Raises:
            SandboxError: no engine answers, or there is no image, or the container does not start.
        """
        client = await self._connected()
        async with self._once:
            if self._image is None:
                names = self.settings.services
                self._services = await compose.read(self.project, names) if names else []
                self._image = await ensure(self._call, client, self.settings, self.project)
        name = _name(source.label)
        job = self._pool.submit(self._launch, client, self._image.name, name, source)
        try:
            launched = await asyncio.wrap_future(job)
        except asyncio.CancelledError:
            job.add_done_callback(partial(self._abandon, client, name))
            raise
        pipe = DockerPipe(launched.attached, self._pool, launched.remove)
        env = {**self._image.env, **BASE_ENV, **source.env}
        limits = self.limits_of(source)
        shape = Shape(self.kind, WORKDIR, "python3", env, limits, policed=False, handle=launched.number)
        return await greet(pipe, shape)

    async def entitle(self, sandbox: LiveSandbox, label: str) -> None:
        """Rename the container."""
        from docker.errors import DockerException

        client = await self._connected()
        with contextlib.suppress(DockerException):  # it is gone: the next request says so
            await self._call(partial(client.api.rename, sandbox.handle, _name(label)))

    async def reap(self) -> int:
        """Remove the containers of this project whose process on this machine is gone."""
        try:
            client = await self._connected()
        except SandboxError:
            return 0

        def sweep() -> int:
            labels = [f"loop.project={project_key(self.project)}", f"loop.host={host()}"]
            count = 0
            for row in client.api.containers(all=True, filters={"label": labels}):
                if not lives(row["Labels"].get("loop.owner", "")):
                    _remove(client, row["Id"])
                    count += 1
            return count

        return await self._call(sweep)

    async def _connected(self) -> Any:
        async with self._once:
            if self._client is None:
                self._client = await self._call(connect)
        return self._client

    async def _call(self, call: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._pool, call)

    def _abandon(self, client: Any, name: str, job: Future[Any]) -> None:
        """The await was cancelled while the engine made the container: nobody else would remove it."""
        if not job.cancelled() and job.exception() is None:
            with contextlib.suppress(OSError):
                job.result().attached.close()
            job.result().remove()
        elif not job.cancelled():
            _remove(client, name)

    def _launch(self, client: Any, image: str, name: str, source: Source) -> _Launched:
        labels = {
            "loop.project": project_key(self.project), "loop.owner": me(), "loop.host": host(),
            "loop.label": source.label,
        }  # fmt: skip
        if not self._services:
            return self._container(client, source, image, name, labels, "none", lambda: None)
        pod = Pod(client, self.limits, labels)
        pod.start(image, USER, self._services, partial(pull, client))
        try:
            return self._container(client, source, image, name, labels, pod.network, pod.close)
        except BaseException:
            pod.close()
            raise

    def _container(
        self, client: Any, source: Source, image: str, name: str, labels: dict[str, str], network: str,
        after: Callable[[], None],
    ) -> _Launched:  # fmt: skip
        from docker.errors import DockerException

        api, limits = client.api, self.limits_of(source)
        memory = f"{limits.memory_mb}m"
        mount = "rw,exec,nosuid,nodev,size={}m,mode={}"
        # No init of the engine's: the process inside is the first of its namespace and collects orphans itself, so that
        # commands can neither kill it nor find its pipes in another's hands.
        alone = {"network_disabled": True, "hostname": "loop"} if network == "none" else {}
        config = api.create_host_config(
            network_mode=network, cap_drop=["ALL"], security_opt=["no-new-privileges:true"], read_only=True,
            ipc_mode="private", auto_remove=True, mem_limit=memory, memswap_limit=memory, pids_limit=limits.pids,
            nano_cpus=int(limits.cpus * 1e9), log_config={"type": "none"},
            tmpfs={
                WORKDIR: mount.format(limits.disk_mb, "0755") + ",uid=10001,gid=10001",
                "/tmp": mount.format(max(limits.disk_mb // 2, 16), "1777"),
                "/run": mount.format(16, "1777"),
            },
            binds={str(folder): {"bind": inside, "mode": "ro"} for inside, folder in source.folders.items()},
        )  # fmt: skip
        try:
            made = api.create_container(
                image, command=starter("python3", "/opt/loop"), entrypoint=[], name=name, user=USER,
                stdin_open=True, working_dir=WORKDIR, use_config_proxy=False, host_config=config, labels=labels,
                healthcheck={"test": ["NONE"]}, **alone,
            )  # fmt: skip
            attached = api.attach_socket(name, params={"stdin": 1, "stdout": 1, "stderr": 1, "stream": 1})
            api.start(name)
        except DockerException as error:
            _remove(client, name)
            said = getattr(error, "explanation", None) or error
            raise SandboxError(f"The engine could not start a container of {image}: {said}.") from error
        number = str(made["Id"])

        def remove() -> None:
            _remove(client, number)
            after()

        return _Launched(attached, number, remove)


def _name(label: str) -> str:
    """What a container is called: what it is for, and something of its own."""
    return re.sub(r"[^a-zA-Z0-9_.-]+", "-", f"loop-{label}")[:48] + f"-{secrets.token_hex(4)}"


def _remove(client: Any, name: str) -> None:
    from docker.errors import APIError, DockerException

    try:
        client.api.remove_container(name, force=True, v=True)
    except APIError:
        return  # it is gone, or going: the engine removes it by itself at its end
    except (DockerException, OSError) as error:
        raise SandboxError(f"The engine could not remove the container {name}: {error}.") from error
