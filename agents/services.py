"""What stages and verbs work with, put together once for each process."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from itertools import cycle, islice
from pathlib import Path
from tempfile import mkdtemp

from agents.config import Settings
from agents.harness import Harness, harness
from agents.repository import Repository
from agents.sandbox import SandboxProvider
from agents.ship import Forge
from agents.store import Store


@dataclass
class Services:
    """Settings, store, repository, sandboxes and forge of one project."""

    settings: Settings
    store: Store
    repository: Repository
    _sandboxes: SandboxProvider | None = None

    @cached_property
    def forge(self) -> Forge:
        """Where changes are merged: the local repository."""
        from agents.ship.local import LocalForge

        return LocalForge(self.repository)

    async def sandboxes(self) -> SandboxProvider:
        """The kind of sandbox that settings and machine allow, tried once.

        Raises:
            SandboxError: the kind that is asked for does not work here.
        """
        if self._sandboxes is None:
            from agents.sandbox.choose import choose

            self._sandboxes = await choose(self.settings.sandbox, project=self.settings.repo)
        return self._sandboxes

    def scratch(self, label: str) -> Path:
        """A new folder of our own under `.loop/tmp`."""
        parent = self.settings.ensure_state() / "tmp"
        parent.mkdir(exist_ok=True)
        return Path(mkdtemp(prefix=f"{label}-", dir=parent))

    def builders(self) -> list[Harness]:
        """Who builds a change for a report: one, or as many as `[harness] candidates` says, each a change of its own.

        They take turns in the order of `propose`; `search` finds the same each time, so it is asked once.
        """
        names, wanted = self.settings.harness.chosen("propose"), self.settings.harness.candidates
        turns = list(islice(cycle(names), wanted))
        kept = [name for at, name in enumerate(turns) if name != "search" or name not in turns[:at]]
        return [harness([name], self.settings) for name in kept] if len(kept) > 1 else [self.harness("propose")]

    def harness(self, stage: str) -> Harness:
        """The harness `loop.toml` names for a stage (investigate, propose, review)."""
        return harness(self.settings.harness.chosen(stage), self.settings)
