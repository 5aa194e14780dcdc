"""The offline harness: search, no model, no network."""

from __future__ import annotations

from agents.harness import Brief, Diffed, Investigation, Proposal, Review


class SearchHarness:
    """Localises by stack and captured values, reproduces, and searches for a change that holds."""

    name = "search"

    async def investigate(self, brief: Brief) -> Investigation:
        """Is it real, how urgent, is there a concrete change to make?"""
        from agents.harness.search.investigate import investigate

        return await investigate(brief)

    async def propose(self, brief: Brief) -> Proposal:
        """Search for the change; what is to be mended is left as it is, for a search comes to the same end again."""
        if brief.objections:
            return Proposal(why_none="The search has no other change to offer.")
        from agents.harness.search.propose import propose

        return await propose(brief)

    async def review(self, brief: Brief, diffed: Diffed) -> Review:
        """Look at a change somebody else made."""
        from agents.harness.search.review import review

        return await review(brief, diffed)
