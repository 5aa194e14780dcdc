"""The harness of a language model: any provider, or a model on a server of one's own."""

from __future__ import annotations

from agents.config import Settings
from agents.harness import Brief, Diffed, Investigation, Proposal, Review


class LlmHarness:
    """Lets a model look around in a sandbox, and takes only answers that hold when they are checked.

    Args:
        settings: the project; `[llm]` names the model and its limits.
    """

    name = "llm"

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    async def investigate(self, brief: Brief) -> Investigation:
        """Is it real, how urgent, is there a concrete change to make?

        Raises:
            Unavailable: the model cannot be asked.
        """
        from agents.harness.llm.investigate import investigate

        return await investigate(self._settings, brief)

    async def propose(self, brief: Brief) -> Proposal:
        """Have the model make the change.

        Raises:
            Unavailable: the model cannot be asked.
        """
        from agents.harness.llm.propose import propose

        return await propose(self._settings, brief)

    async def review(self, brief: Brief, diffed: Diffed) -> Review:
        """Have the model look at a change somebody else made.

        Raises:
            Unavailable: the model cannot be asked.
        """
        from agents.harness.llm.review import review

        return await review(self._settings, brief, diffed)
