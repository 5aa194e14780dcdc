"""Whether the agent starts in a sandbox here, and whether its model answers."""

from __future__ import annotations

import tempfile
from pathlib import Path

from agents.config import Settings
from agents.harness import Unavailable
from agents.harness.acp.place import placed
from agents.harness.acp.session import Session
from agents.harness.acp.updates import Journal
from agents.harness.acp.upstream import asked
from agents.harness.llm import doctor
from agents.sandbox import SandboxError
from agents.sandbox.choose import choose

_WAIT = 60.0  # seconds


class _Silent:
    """A transcript that nobody reads, and books that nobody keeps."""

    async def step(
        self, kind: str, title: str, output: str = "", *, ok: bool | None = None, seconds: float = 0.0
    ) -> None:
        """Forget a step."""

    async def progress(self, line: str) -> None:
        """Forget a line."""

    async def saying(self, title: str, output: str) -> None:
        """Forget what is being written."""

    async def tell(self, line: str) -> None:
        """Forget what was not let through."""

    async def ensure(self) -> None:
        """Pay."""

    async def spent(self, usd: float, tokens: int) -> None:
        """Forget a cost."""


async def answers(settings: Settings) -> tuple[bool, str]:
    """Start the agent and ask its model for one word: whether both answer, and a sentence."""
    try:
        sandboxes = await choose(settings.sandbox, settings.repo)
        with tempfile.TemporaryDirectory(prefix="loop-doctor-") as tree:
            async with placed(settings, sandboxes, Path(tree), "doctor", _Silent()) as place:
                journal = Journal(place.agent.name, _Silent())
                session = Session(place.agent, place.sandbox, place.link, place.meter, journal, _WAIT)
                async with session:
                    started = f"{session.told} starts in {sandboxes.kind}"
    except (Unavailable, SandboxError) as error:
        return False, str(error)
    ok, detail = await doctor.answers(asked(settings))
    section = "[acp]" if settings.acp.model else "[llm]"
    return ok, f"{started}; {detail.replace('[llm]', section)}"
