"""Which services a repository's tests need beside them, as its compose file tells. Source: the Compose Specification.

Only what a service is, is read: image, command, environment, health. Ports, networks and volumes of the host are not: a
service is reached on the loopback that it shares with the sandbox, and starts empty.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from agents.repository import GitError, Repository
from agents.sandbox import SandboxError

USUAL = ("compose.yaml", "compose.yml", "docker-compose.yaml", "docker-compose.yml")
_VARIABLE = re.compile(r"\$(?:(\$)|\{(\w+)(?::?-([^}]*))?[^}]*\}|(\w+))")
_DURATION = re.compile(r"([\d.]+)(h|ms|us|m|s)")
_SECONDS = {"h": 3600.0, "m": 60.0, "s": 1.0, "ms": 0.001, "us": 0.000001}


@dataclass(frozen=True)
class Service:
    """One service.

    Args:
        name: the host name that tests know it by.
        image: what it is.
        command: its words, None for the image's own.
        entrypoint: likewise.
        env: of its process.
        user: who runs it; "" for the image's.
        health: the check as Docker takes it: `["CMD", …]`, `["CMD-SHELL", line]`, `["NONE"]`; empty: the image's.
        patience: seconds of its start in which a failing check says nothing.
        ports: the TCP ports it names.
    """

    name: str
    image: str
    command: list[str] | None = None
    entrypoint: list[str] | None = None
    env: dict[str, str] = field(default_factory=dict)
    user: str = ""
    health: list[str] = field(default_factory=list)
    patience: float = 0.0
    ports: tuple[int, ...] = ()


async def read(project: Path, names: Sequence[str]) -> list[Service]:
    """The services of those names, from the compose file of the last commit.

    Raises:
        SandboxError: there is no such file or service, or it cannot be started from what is said of it.
    """
    repository = Repository(project)
    for path in USUAL:
        try:
            text = (await repository.raw("show", f"HEAD:{path}")).decode("utf-8", "replace")
        except GitError:
            continue
        return parse(text, path, names)
    asked = ", ".join(names)
    raise SandboxError(f"No {USUAL[0]} is committed for the services {asked}; mend `services` under [sandbox].")


def offered(text: str) -> list[str]:
    """The services of a compose file that are images of others, by name; none where it cannot be read."""
    try:
        found = _services(text, "")
    except SandboxError:
        return []
    return [
        name for name, each in found.items() if isinstance(each, dict) and each.get("image") and "build" not in each
    ]


def parse(text: str, path: str, names: Sequence[str]) -> list[Service]:
    """The services of those names.

    Raises:
        SandboxError: as `read`.
    """
    found = _services(text, path)
    services = []
    for name in names:
        said = found.get(name)
        if not isinstance(said, dict):
            there = ", ".join(found) or "none"
            raise SandboxError(f"{path} has no service {name!r} (it has: {there}); mend `services` under [sandbox].")
        if not said.get("image"):
            hint = "give it an `image` there, or take it out of `services` under [sandbox]"
            raise SandboxError(f"The service {name!r} of {path} is built, not an image; {hint}.")
        try:
            services.append(_service(name, said))
        except (TypeError, ValueError, AttributeError) as error:
            raise SandboxError(f"The service {name!r} of {path} cannot be read ({error}); mend it there.") from None
    return services


def _services(text: str, path: str) -> dict[str, Any]:
    try:
        found = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise SandboxError(f"{path} is not valid YAML ({str(error).splitlines()[0]}); mend it.") from None
    services = found.get("services") if isinstance(found, dict) else None
    return {str(name): each for name, each in services.items()} if isinstance(services, dict) else {}


def _service(name: str, said: dict[str, Any]) -> Service:
    health = said.get("healthcheck") or {}
    return Service(
        name=name,
        image=_filled(said["image"]),
        command=_words(said.get("command")),
        entrypoint=_words(said.get("entrypoint")),
        env=_environment(said.get("environment") or {}),
        user=_filled(said.get("user") or ""),
        health=_check(health),
        patience=_duration(health.get("start_period") or ""),
        ports=tuple(sorted({port for each in ("ports", "expose") for port in _ports(said.get(each) or [])})),
    )


def _filled(value: Any) -> str:
    """Text with its variables replaced: by their defaults, never by the environment of the host."""
    return _VARIABLE.sub(lambda found: "$" if found[1] else found[3] or "", str(value))


def _words(value: Any) -> list[str] | None:
    if value is None:
        return None
    return [_filled(word) for word in value] if isinstance(value, list) else shlex.split(_filled(value))


def _environment(value: Any) -> dict[str, str]:
    if isinstance(value, list):
        value = dict(str(line).partition("=")[::2] for line in value)
    return {str(name): _filled("" if each is None else each) for name, each in value.items()}


def _check(said: dict[str, Any]) -> list[str]:
    if said.get("disable"):
        return ["NONE"]
    test = said.get("test") or []
    return ["CMD-SHELL", _filled(test)] if isinstance(test, str) else [_filled(word) for word in test]


def _duration(value: Any) -> float:
    return sum(float(number) * _SECONDS[unit] for number, unit in _DURATION.findall(str(value)))


def _ports(said: list[Any]) -> list[int]:
    """The container's side of `8080:80/tcp`, `127.0.0.1:8080:80`, `{target: 80}`; ranges and UDP are left out."""
    found = []
    for each in said:
        text = _filled(each["target"] if isinstance(each, dict) else each)
        number, _, protocol = text.rpartition(":")[2].partition("/")
        if protocol in ("", "tcp") and number.isdigit():
            found.append(int(number))
    return found
