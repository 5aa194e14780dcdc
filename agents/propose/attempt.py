"""What is offered in the end: a proposal is assessed, and what must be fixed goes back before a person sees it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from agents.harness import Brief, Proposal
from agents.models import Change, Severity
from agents.propose.assess import Assessed, assess
from agents.propose.policy import violation
from agents.services import Services
from agents.text import one_line

_LOG = 4_000  # characters of a failed check that go back


@dataclass(frozen=True)
class Attempt:
    """A proposal that may be published, and what was found out about it."""

    proposal: Proposal
    found: Assessed


async def mended(
    services: Services, brief: Brief, attempt: Attempt, change: Change, folder: Path
) -> tuple[Attempt, float, int]:
    """The attempt after what must be fixed went back, a few times at most; the USD and tokens that this took."""
    usd, tokens = 0.0, 0
    for number in range(services.settings.harness.rework):
        objections = _objections(attempt.found)
        if not objections:
            break
        wanted = replace(brief, attempt=files_of(attempt.proposal), objections=objections)
        proposal = await services.harness("propose").propose(wanted)
        proposal = replace(proposal, alternatives=attempt.proposal.alternatives)
        usd, tokens = usd + proposal.usd, tokens + proposal.tokens
        if not proposal.files or files_of(proposal) == wanted.attempt:
            break
        await brief.transcript.step(
            "note", "What must be fixed went back, and a mended change came", "\n".join(objections)
        )
        why = violation(brief.tree, files_of(proposal))
        if why is None:
            found = await assessed(services, brief, proposal, change, folder / f"mended-{number}")
            usd, tokens, why = usd + found.usd, tokens + found.tokens, unproved(brief, found)
            if not why:
                attempt = Attempt(proposal, found)
                continue
        await brief.transcript.step("note", "The change stays as it was", why, ok=False)
        break
    return attempt, usd, tokens


def files_of(proposal: Proposal) -> dict[str, str | None]:
    """The files of a proposal, its test among them."""
    test: dict[str, str | None] = {proposal.test_path: proposal.test_source} if proposal.test_path else {}
    return {**proposal.files, **test}


async def assessed(services: Services, brief: Brief, proposal: Proposal, change: Change, folder: Path) -> Assessed:
    """Commit a proposal and find everything out about it."""
    message = f"{one_line(proposal.title, 100)}\n\nLoop-Report: {brief.report_id}\n"
    files = files_of(proposal)
    head_sha = await services.repository.commit_files([brief.base_sha], files, message, change.created_at)
    return await assess(services, brief, proposal, files, head_sha, folder)


def unproved(brief: Brief, found: Assessed) -> str:
    """Why a change is not offered where the failure was reproduced; "" when it is proved."""
    if found.proof["proved"] or not brief.reproduction.confirmed:
        return ""
    return f"No safe fix: {found.proof['why_not']}."


def _objections(found: Assessed) -> tuple[str, ...]:
    """What the builder has to mend before a person looks: must-fix remarks, and checks that the change broke."""
    remarks = [
        f"{one_line(remark.path or 'the change', 200)}:{remark.line or ''} {one_line(remark.text, 1000)}"
        for remark in found.remarks
        if remark.severity is Severity.MUST_FIX
    ]
    checks = [f"The check {check.name} fails:\n{check.log[-_LOG:]}" for check in found.checks if check.broken]
    return (*remarks, *checks)
