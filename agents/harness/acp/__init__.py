"""The harness of coding agents that speak the Agent Client Protocol: opencode, Claude Code, Codex, or another."""

from __future__ import annotations

from agents.config import Settings
from agents.harness import Brief, Diffed, Investigation, Proposal, Review


class AcpHarness:
    """Lets an agent work in a sandbox, with a model as its only way out; its answers are checked as a model's are.

    Args:
        settings: the project; `[acp]` names the agent and its limits.
    """

    name = "acp"

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    async def investigate(self, brief: Brief) -> Investigation:
        """Is it real, how urgent, is there a concrete change to make?

        Raises:
            Unavailable: the agent cannot work.
        """
        from agents.harness.acp.think import think
        from agents.harness.llm.investigate import investigate

        return await investigate(self._settings, brief, think)

    async def propose(self, brief: Brief) -> Proposal:
        """Have the agent make the change.

        Raises:
            Unavailable: the agent cannot work.
        """
        from agents.harness.acp.think import think
        from agents.harness.llm.propose import propose

        return await propose(self._settings, brief, think)

    async def review(self, brief: Brief, diffed: Diffed) -> Review:
        """Have the agent look at a change somebody else made.

        Raises:
            Unavailable: the agent cannot work.
        """
        from agents.harness.acp.think import think
        from agents.harness.llm.review import review

        return await review(self._settings, brief, diffed, think)
