"""What a harness did on a case, held against the truth."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from agents.evaluate.cases import Truth
from agents.models import Status, Verdict

_ENDS = {
    Status.NEEDS_INPUT: "needs_input",
    Status.NOT_ACTIONABLE: "not_actionable",
    Status.FAILED: "no_safe_fix",
    Status.GATHERING: "gathering",
}


@dataclass(frozen=True)
class Seen:
    """How a case's own report ended, and what became of the noise.

    Attributes:
        causes: (file, function) of each finding that is said to be the cause.
        proved: whether a change came up for review with its proof.
        offered: whether a change came up for review at all.
        holds: whether the offered change passes the hidden tests; None where there is none to judge.
        strays: how many other reports were given a change.
    """

    status: Status
    reason: str
    verdict: Verdict | None
    priority: int | None
    causes: tuple[tuple[str, str], ...]
    offered: bool
    proved: bool
    holds: bool | None
    strays: int
    seconds: float
    usd: float


@dataclass(frozen=True)
class Score:
    """One row of the table."""

    harness: str
    case: str
    wanted: str  # how it should end: fixed · needs_input · not_actionable · no_safe_fix
    ended: str  # how it did: the same words, or false_fix, unproved, gathering
    cause: bool
    verdict: bool
    priority: bool
    fixed: bool
    false_fix: bool
    seconds: float
    usd: float
    why: str

    @property
    def right(self) -> bool:
        """Whether it ended as it should."""
        return self.ended == self.wanted

    def as_json(self) -> dict[str, Any]:
        """A plain dict."""
        return {**asdict(self), "right": self.right}


def judge(harness: str, case: str, truth: Truth, seen: Seen) -> Score:
    """Hold what was seen against the truth.

    A change that came up for review is false where the hidden tests fail on it, or where there should be none; so is
    every change to noise. A report that waits for an answer counts as the verdict `needs_input`, whoever asked.
    """
    bad = seen.offered and (truth.outcome != "fixed" or not seen.holds)
    fixed = seen.offered and not bad and seen.proved
    false_fix = bad or seen.strays > 0
    ended = "false_fix" if false_fix else "fixed" if fixed else "unproved" if seen.offered else _ENDS.get(seen.status)
    verdict = Verdict.NEEDS_INPUT if seen.status is Status.NEEDS_INPUT else seen.verdict
    wanted = {(place.file, place.function) for place in truth.cause}
    said = set(seen.causes)
    return Score(
        harness=harness,
        case=case,
        wanted=truth.outcome,
        ended=ended or seen.status.value,
        cause=bool(wanted & said) if wanted else not said,
        verdict=verdict is truth.verdict,
        priority=seen.priority is not None and abs(seen.priority - truth.priority) <= 1,
        fixed=fixed,
        false_fix=false_fix,
        seconds=round(seen.seconds, 2),
        usd=round(seen.usd, 4),
        why=seen.reason,
    )


def totals(scores: Sequence[Score]) -> dict[str, Any]:
    """Sums over one harness's rows; `fixable` is how many should have ended fixed."""
    return {
        "cases": len(scores),
        "fixable": sum(score.wanted == "fixed" for score in scores),
        **{
            name: sum(bool(getattr(score, name)) for score in scores)
            for name in ("cause", "verdict", "priority", "right", "fixed", "false_fix")
        },
        "seconds": round(sum(score.seconds for score in scores), 2),
        "usd": round(sum(score.usd for score in scores), 4),
    }
