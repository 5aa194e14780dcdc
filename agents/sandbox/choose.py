"""Which kind of sandbox to use here: what settings ask for, else the strongest that works."""

from __future__ import annotations

import asyncio
from pathlib import Path

from agents.config import SandboxSettings
from agents.sandbox import Availability, SandboxError, SandboxProvider

_ORDER = ("docker", "bubblewrap", "none")


def provider(kind: str, settings: SandboxSettings, project: Path) -> SandboxProvider:
    """The provider of a kind, untried.

    Raises:
        SandboxError: there is no such kind.
    """
    if kind == "docker":
        from agents.sandbox.docker import DockerProvider

        return DockerProvider(settings, project)
    if kind == "bubblewrap":
        from agents.sandbox.bubblewrap import BubblewrapProvider

        return BubblewrapProvider(settings, project)
    if kind == "none":
        from agents.sandbox.bare import BareProvider

        return BareProvider(settings, project)
    raise SandboxError(f"There is no sandbox called {kind!r}; choose docker, bubblewrap or none.")


async def choose(settings: SandboxSettings, project: Path) -> SandboxProvider:
    """The provider to use; never `none` unless it is asked for.

    Args:
        settings: the `[sandbox]` section.
        project: the repository's root.

    Raises:
        SandboxError: the kind that is asked for does not work, or none that isolates does.
    """
    if settings.kind != "auto":
        asked = provider(settings.kind, settings, project)
        found = await asked.check()
        if not found.ok:
            raise SandboxError(_sentence(found))
        return asked
    why: list[str] = []
    for kind in ("docker", "bubblewrap"):
        candidate = provider(kind, settings, project)
        found = await candidate.check()
        if found.ok:
            return candidate
        why.append(_sentence(found))
    raise SandboxError(
        f"No sandbox works here. Docker: {why[0]} bubblewrap: {why[1]} For code that you trust, pass `--sandbox none`."
    )


async def survey(settings: SandboxSettings, project: Path) -> list[Availability]:
    """Every kind, tried for real, strongest first."""
    return list(await asyncio.gather(*(provider(kind, settings, project).check() for kind in _ORDER)))


def _sentence(found: Availability) -> str:
    text = found.detail.rstrip(".")
    return f"{text}." if not found.remedy or found.remedy in text else f"{text}; {found.remedy}."
