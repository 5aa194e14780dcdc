"""Services beside a sandbox in containers, on a loopback that only they share.

A container that does nothing holds a network without any interface but loopback, and a process namespace. Services
join both, the sandbox joins the network alone: they reach each other on 127.0.0.1, by name too, and there is no way
out, not even to the host. The holder ends with the connection that feeds it, also when Loop is killed, and takes all
processes of its namespace with it. (Containers of a Kubernetes pod share a network in the same way.)
"""

from __future__ import annotations

import contextlib
import secrets
import time
from collections.abc import Callable, Sequence
from typing import Any

from agents.sandbox import Limits, SandboxError
from agents.sandbox.compose import Service

_READY = 90.0  # seconds until all services are well
_LOOK = 0.2  # seconds between looks
_HOLD = "import signal, sys; signal.signal(signal.SIGCHLD, signal.SIG_IGN); sys.stdin.buffer.read()"
_KNOCK = """
import socket, sys, time
until = time.monotonic() + 3
for port in sys.argv[1:]:
    while True:
        try:
            socket.create_connection(("127.0.0.1", int(port)), 1).close()
            break
        except OSError:
            if time.monotonic() > until:
                sys.exit("closed")
            time.sleep(0.05)
print("open")
"""
# Images of databases start as root, own their files, and become a user of their own.
_CAPABILITIES = ["CHOWN", "DAC_OVERRIDE", "FOWNER", "SETGID", "SETUID"]


class Pod:
    """A holder and services; use `start`, then `close`.

    Args:
        client: a `docker.DockerClient`.
        limits: of each container.
        labels: of each container, so that leftovers are found.
    """

    def __init__(self, client: Any, limits: Limits, labels: dict[str, str]) -> None:
        self._client, self._api = client, client.api
        self._limits, self._labels = limits, labels
        self._stem = f"loop-pod-{secrets.token_hex(4)}"
        self._made: list[str] = []
        self._fed: Any = None

    @property
    def network(self) -> str:
        """What a container's `network_mode` is to be."""
        return f"container:{self._made[0]}"

    def start(self, image: str, user: str, services: Sequence[Service], pull: Callable[[str], None]) -> None:
        """Start the holder from `image`, then the services; wait until each is well.

        Raises:
            SandboxError: an image is missing, or a service does not start or does not become well.
        """
        from docker.errors import DockerException

        try:
            self._hold(image, user, [service.name for service in services])
            for service in services:
                pull(service.image)
                self._add(service)
            self._await(services)
        except DockerException as error:
            self.close()
            said = getattr(error, "explanation", None) or error
            raise SandboxError(f"The engine could not start the services: {said}.") from error
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Remove all; harmless to call twice."""
        from docker.errors import APIError

        if self._fed is not None:
            with contextlib.suppress(OSError):
                self._fed.close()
        for number in reversed(self._made):
            with contextlib.suppress(APIError):  # it is gone, or going
                self._api.remove_container(number, force=True, v=True)

    def _hold(self, image: str, user: str, names: Sequence[str]) -> None:
        config = self._api.create_host_config(
            network_mode="none", extra_hosts=dict.fromkeys(names, "127.0.0.1"), cap_drop=["ALL"], read_only=True,
            security_opt=["no-new-privileges:true"], auto_remove=True, mem_limit="64m", log_config={"type": "none"},
        )  # fmt: skip
        self._create(
            f"{self._stem}-holder", config, image=image, command=["python3", "-I", "-S", "-c", _HOLD], entrypoint=[],
            user=user, stdin_open=True,
        )  # fmt: skip
        self._fed = self._api.attach_socket(self._made[0], params={"stdin": 1, "stream": 1})
        self._api.start(self._made[0])

    def _add(self, service: Service) -> None:
        limits = self._limits
        memory = f"{limits.memory_mb}m"
        kept = self._api.inspect_image(service.image)["Config"].get("Volumes") or {}
        config = self._api.create_host_config(
            network_mode=self.network, pid_mode=self.network, cap_drop=["ALL"], cap_add=_CAPABILITIES,
            security_opt=["no-new-privileges:true"], mem_limit=memory, memswap_limit=memory, pids_limit=limits.pids,
            nano_cpus=int(limits.cpus * 1e9), tmpfs=dict.fromkeys(kept, f"rw,size={limits.disk_mb}m,mode=1777"),
            log_config={"type": "json-file", "config": {"max-size": "1m"}},
        )  # fmt: skip
        second = 1_000_000_000
        check = {"test": service.health, "interval": second // 2, "timeout": 5 * second, "retries": 3}
        check["start_period"] = int(max(service.patience, 30.0) * second)
        self._create(
            f"{self._stem}-{service.name}"[:60], config, image=service.image, command=service.command,
            entrypoint=service.entrypoint, environment=service.env, user=service.user or None, healthcheck=check,
        )  # fmt: skip
        self._api.start(self._made[-1])

    def _create(self, name: str, config: Any, **more: Any) -> None:
        made = self._api.create_container(
            name=name, host_config=config, labels=self._labels, use_config_proxy=False, **more
        )
        self._made.append(str(made["Id"]))

    def _await(self, services: Sequence[Service]) -> None:
        deadline = time.monotonic() + _READY
        for service, number in zip(services, self._made[1:], strict=True):
            while not self._well(service, number):
                if time.monotonic() > deadline:
                    raise SandboxError(self._trouble(service, number, f"is not well after {_READY:.0f} s"))
                time.sleep(_LOOK)

    def _well(self, service: Service, number: str) -> bool:
        """Whether its own check passes; without one, whether its ports are open."""
        found = self._api.inspect_container(number)
        state = found["State"]
        if not state["Running"]:
            raise SandboxError(self._trouble(service, number, f"ended with exit code {state['ExitCode']}"))
        health = state.get("Health")
        if health:
            if health["Status"] == "unhealthy":
                raise SandboxError(self._trouble(service, number, "says that it is not well"))
            return bool(health["Status"] == "healthy")
        exposed = [
            int(port.partition("/")[0]) for port in found["Config"].get("ExposedPorts") or {} if "udp" not in port
        ]
        ports = sorted({*service.ports, *exposed})
        if not ports:
            return True
        command = ["python3", "-I", "-S", "-c", _KNOCK, *map(str, ports)]
        job = self._api.exec_create(self._made[0], command, stderr=False)["Id"]
        return bool(self._api.exec_start(job).strip() == b"open")

    def _trouble(self, service: Service, number: str, what: str) -> str:
        lines = self._api.logs(number, tail=4).decode("utf-8", "replace").split("\n")
        said = " / ".join(line.strip() for line in lines if line.strip())
        return f"The service {service.name!r} {what}: {said or 'it said nothing'}. Mend it in the compose file."
