"""The description of a change, read in thirty seconds: problem, cause, change, proof, measure."""

from __future__ import annotations

import re

from agents.harness import Proposal
from agents.models import Contract, Json, Report
from agents.propose.ci import CheckResult
from agents.text import counted, one_line


def quoted(text: object, limit: int = 300) -> str:
    """Outside text on one line, in which no Markdown, mention or trailer can begin."""
    flat = one_line(text, limit)
    return re.sub(r"([\\`*\[\]<>#|@~])", r"\\\1", flat)


def describe(
    report: Report, proposal: Proposal, proof: Json, checks: list[CheckResult], contract: Contract | None
) -> str:
    """Markdown, one short paragraph a question."""
    numbers = f"{counted(report.user_count, 'user')}, {counted(report.signal_count, 'signal')}"
    impact = f"{numbers} since {report.first_seen:%Y-%m-%d %H:%M} UTC"
    parts = [
        f"**Problem.** {quoted(report.title)}: {impact}.",
        f"**Cause.** {quoted(proposal.cause, 400)}",
        f"**Change.** {quoted(proposal.change, 600)}",
        f"**Proof.** {_proof(proof)}",
        f"**Checks.** {', '.join(f'{check.name} {check.status}' for check in checks) or 'none'}.",
    ]
    if contract is not None:
        parts.append(
            f"**Measure.** {contract.metric} per {quoted(contract.denominator)}, expected to go {contract.direction} "
            f"to {contract.min_effect:g} of the baseline or less."
        )
    return "\n\n".join(parts)


def _proof(proof: Json) -> str:
    if proof.get("proved"):
        return f"{quoted(proof['test'])} fails on the base and passes with the change."
    return f"Not proved: {quoted(proof.get('why_not') or 'no regression test')}."


def slug(text: str) -> str:
    """A few words for a branch name."""
    words = re.findall(r"[a-z0-9]+", text.lower())
    return "-".join(words[:6])[:40] or "change"
