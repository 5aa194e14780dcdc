"""Harnesses that stand in for one another: the next one takes over where one cannot work."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from typing import TypeVar

from agents.harness import (
    Ask,
    Brief,
    Choice,
    Diffed,
    Harness,
    Investigation,
    Proposal,
    Remark,
    Review,
    Unavailable,
)
from agents.models import Severity, Verdict

Said = TypeVar("Said", Investigation, Proposal, Review)
_PRIORITY = 3  # where nobody has looked


class InTurn:
    """Asks each harness until one can work; where none can, the reason is the answer.

    Args:
        harnesses: first to last.
    """

    def __init__(self, harnesses: Sequence[Harness]) -> None:
        self._harnesses = harnesses
        self.name = harnesses[0].name  # the one that answered last, or is asked first

    async def investigate(self, brief: Brief) -> Investigation:
        """What the first that can work says; else a person is asked."""
        return await self._ask(brief, lambda each: each.investigate(brief), lambda why: undecided(brief, why))

    async def propose(self, brief: Brief) -> Proposal:
        """What the first that can work says; else no change, with the reason."""
        return await self._ask(brief, lambda each: each.propose(brief), lambda why: Proposal(why_none=why))

    async def review(self, brief: Brief, diffed: Diffed) -> Review:
        """What the first that can work says; else a remark that nobody looked."""
        return await self._ask(brief, lambda each: each.review(brief, diffed), unreviewed)

    async def _ask(
        self, brief: Brief, ask: Callable[[Harness], Awaitable[Said]], otherwise: Callable[[str], Said]
    ) -> Said:
        usd, tokens, why = 0.0, 0, ""
        for each in self._harnesses:
            try:
                said = await ask(each)
            except Unavailable as error:
                usd, tokens, why = usd + error.usd, tokens + error.tokens, str(error)
                await brief.transcript.step("note", f"{each.name} cannot work now: {why}", ok=False)
                continue
            self.name = each.name
            return replace(said, usd=said.usd + usd, tokens=said.tokens + tokens)
        return replace(otherwise(why), usd=usd, tokens=tokens)


def undecided(brief: Brief, why: str) -> Investigation:
    """An investigation that leaves the verdict to a person, because of `why`, a sentence."""
    ask = Ask(
        f"“{brief.title}” has not been judged: {why} What should happen?",
        (
            Choice("Not a defect", "Nothing in the code needs to change."),
            Choice("Needs work by hand", "It is real; a person takes it from here."),
        ),
    )
    reason = f"It has not been judged: {why}"
    return Investigation(
        f"{brief.title}. {reason}", (), Verdict.NEEDS_INPUT, reason, _PRIORITY, "Nobody has looked at it.", question=ask
    )


def unreviewed(why: str) -> Review:
    """A review that says that there was none, because of `why`, a sentence."""
    return Review((Remark(Severity.CONSIDER, f"Nobody has reviewed this change: {why}"),))
