"""Where an agent works: a sandbox that sees the agent's files and two sockets, behind one of which is its model."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from agents.config import Settings
from agents.harness import Unavailable
from agents.harness.acp.link import Link
from agents.harness.acp.meter import Meter
from agents.harness.acp.presets import INSIDE, Installed, installed
from agents.harness.acp.proxy import Books, Proxy
from agents.harness.acp.session import BRIDGE, LINK
from agents.harness.acp.upstream import upstream
from agents.sandbox import Sandbox, SandboxProvider, Source

_BRIDGE = Path(__file__).parent / "inside"


@dataclass(frozen=True)
class Place:
    """What a session needs."""

    agent: Installed
    sandbox: Sandbox
    link: Link
    meter: Meter


@asynccontextmanager
async def placed(
    settings: Settings, sandboxes: SandboxProvider, tree: Path, label: str, books: Books
) -> AsyncIterator[Place]:
    """A sandbox for the agent of the settings; gone, with the way to the model, when the block ends.

    Args:
        settings: the project.
        sandboxes: opens it.
        tree: what it starts from.
        label: what it is for.
        books: told what was not let through to the model, and what answers cost.

    Raises:
        Unavailable: the agent or its model cannot be used here.
        SandboxError: there is no sandbox.
    """
    if sandboxes.kind == "none":
        raise Unavailable("An agent runs only where it is confined; use Docker or bubblewrap ([sandbox] kind).")
    model = upstream(settings)
    agent = installed(settings.acp, model.kind, model.name)
    meter = Meter(settings.acp, f"{model.kind}:{model.name}", model.host)
    link = Link()
    proxy = Proxy(model, meter, books, settings.acp)
    try:
        await proxy.start(link.model)
        folders = {INSIDE: agent.folder, LINK: link.folder, BRIDGE: _BRIDGE}
        memory = settings.acp.memory_mb
        source = Source(tree, label, env=agent.env, folders=folders, memory_mb=memory, reserving=True)
        async with await sandboxes.open(source) as sandbox:
            yield Place(agent, sandbox, link, meter)
    finally:
        await proxy.stop()
        link.close()
