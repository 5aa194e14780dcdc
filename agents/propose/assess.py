"""Everything that is found out about a patch, whoever made it: proof, checks, review, what was never run or read."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

from unidiff.patch import PatchSet

from agents.harness import Brief, Diffed, Proposal, Remark
from agents.models import Json, Severity
from agents.propose.ci import CheckResult, run_ci
from agents.propose.coverage import untested
from agents.propose.mutation import unnoticed
from agents.propose.proof import prove
from agents.propose.static import static
from agents.repository import Repository
from agents.services import Services


@dataclass(frozen=True)
class Assessed:
    """What was found out."""

    proof: Json
    checks: list[CheckResult]
    remarks: list[Remark]
    notes: Json
    reviewer: str = "search"  # the harness that reviewed
    usd: float = 0.0  # what the review cost
    tokens: int = 0


def lay_over(base_tree: Path, head_tree: Path, files: dict[str, str | None]) -> None:
    """Make `head_tree` a copy of the base with the files changed."""
    shutil.copytree(base_tree, head_tree, symlinks=True)
    for path, text in files.items():
        target = head_tree / path
        if text is None:
            target.unlink(missing_ok=True)
        else:
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(text, encoding="utf-8")


def changed_lines(diff: str) -> dict[str, tuple[int, ...]]:
    """The added or changed line numbers of each file's new text."""
    return {
        file.path: tuple(line.target_line_no or 0 for hunk in file for line in hunk if line.is_added)
        for file in PatchSet(diff)
    }


async def assess(
    services: Services, brief: Brief, proposal: Proposal, files: dict[str, str | None], head_sha: str, folder: Path
) -> Assessed:
    """Prove, check and review `files` (the test among them), committed as `head_sha`."""
    head_tree = folder / "head"
    lay_over(brief.tree, head_tree, files)
    test = (proposal.test_path, proposal.test_source)
    proof = await prove(brief.sandboxes, brief.tree, head_tree, test, brief.reproduction, brief.transcript)
    checks = await run_ci(services.settings, brief.sandboxes, brief.tree, head_tree, brief.transcript)
    diff = await Repository(brief.repo).diff(brief.base_sha, head_sha)
    changed = changed_lines(diff)
    await brief.transcript.progress("review")
    diffed = Diffed(brief.tree, head_tree, diff, tuple(files), changed, proposal.opened)
    reviewer = services.harness("review")
    review = await reviewer.review(brief, diffed)
    remarks = list(review.remarks)
    remarks += await static(brief.sandboxes, brief.tree, head_tree, files, diff, brief.transcript)
    missing = await untested(brief.sandboxes, head_tree, changed)
    faults = await unnoticed(
        brief.sandboxes, head_tree, changed, brief.reproduction, brief.tests, services.settings.harness.faults,
        brief.transcript,
    )  # fmt: skip
    size = sum(len(lines) for path, lines in changed.items() if path != proposal.test_path)
    limit = services.settings.harness.max_changed_lines
    remarks += [*_own(missing, size, limit), *faults.remarks]
    notes: Json = {
        "untested": missing or [],
        "coverage_known": missing is not None,
        "never_opened": sorted(set(files) - set(proposal.opened) - {proposal.test_path}),
        "budget": {"used": size, "limit": limit},
        "tried": proposal.tried,
        "faults": faults.as_json(),
        "alternatives": list(proposal.alternatives),
    }
    return Assessed(proof, checks, remarks, notes, reviewer.name, review.usd, review.tokens)


def _own(missing: list[tuple[str, int]] | None, size: int, limit: int) -> list[Remark]:
    remarks = []
    for path, line in (missing or [])[:10]:
        remarks.append(Remark(Severity.CONSIDER, "No test runs this line.", path, line, "coverage"))
    if missing is None:
        remarks.append(
            Remark(Severity.CONSIDER, "Which changed lines the tests run could not be found out.", by="coverage")
        )
    if size > limit:
        remarks.append(Remark(Severity.MUST_FIX, f"{size} changed lines, over the budget of {limit}.", by="policy"))
    return remarks
