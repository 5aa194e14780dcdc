"""Proposing without a model: candidates from templates, tried on the captured inputs, told apart by what they do.

One behaviour that the code base itself speaks for is a change. Several are a question, and so are made-up values: a
wrong fix offered as right is the worst result.
"""

from __future__ import annotations

import re
import time
from collections import defaultdict

from agents.harness import Ask, Brief, Choice, Proposal
from agents.harness.search.codemap import CodeMap, code_of
from agents.harness.search.evaluate import Observed, Seen, compared, observe, passes
from agents.harness.search.regression import strengthened
from agents.harness.search.suspect import Candidate, Suspect, elsewhere, locate
from agents.harness.search.templates import candidates
from agents.harness.search.trials import trials
from agents.sandbox import Source
from agents.sandbox.shell import run_line

_SPOKEN_FOR = 2  # the least evidence of a change that is made without asking
_CHOICES = 4
_MADE_UP = "Nothing in the code says what should happen here: each of these ends the error with a made-up value."
_BORROWED = (
    "The code treats it so elsewhere, but for another purpose, or where the value may be wrong before it gets here."
)
_RIVALS = "Each of these ends the error, passes every test, and is how the code treats the same case elsewhere."


async def propose(brief: Brief) -> Proposal:
    """Search for the change that settles a report."""
    code = code_of(brief)
    if not brief.reproduction.confirmed:
        return Proposal(why_none=f"No safe fix: the failure could not be reproduced ({brief.reproduction.why_not}).")
    suspect = locate(brief, code)
    if suspect is None:
        return Proposal(why_none="No safe fix: the crashing function could not be found at the base.")
    found = candidates(suspect, elsewhere(brief, suspect))
    await brief.transcript.step(
        "note", f"{len(found)} candidates for {suspect.exception} in {suspect.function.name}()",
        "\n".join(f"{c.evidence}  {c.label} ({c.template}: {c.why})" for c in found),
    )  # fmt: skip
    groups = await _plausible(brief, code, found)
    opened = tuple(sorted(code.opened))
    if not groups:
        return Proposal(why_none=_why_none(suspect, len(found)), opened=opened, tried=len(found))
    picked = _picked(brief, groups)
    if picked is None and (question := _question(brief, suspect, groups)) is not None:
        return Proposal(question=question, opened=opened, tried=len(found))
    return _proposal(brief, suspect, picked or groups[0], opened, len(found))


def _why_none(suspect: Suspect, tried: int) -> str:
    what = f"none of {tried} candidates held" if tried else f"no template treats {suspect.exception} here"
    return f"No safe fix: {what}. The failure is reproduced and its cause is known; a person or a model can take it on."


async def _plausible(brief: Brief, code: CodeMap, found: list[Candidate]) -> list[Observed]:
    """The best candidate of each behaviour that passes everything, best evidence first."""
    deadline = time.monotonic() + brief.budget
    async with await brief.sandboxes.open(Source(brief.tree, label=f"report-{brief.report_id}-propose")) as sandbox:
        baseline = False
        if brief.tests:
            await brief.transcript.progress("the project's tests on the base")
            run = await run_line(sandbox, brief.tests, timeout=max(30.0, brief.budget))
            baseline = run.ok
            await brief.transcript.step(
                "command", f"{brief.tests} on the base", run.log, ok=run.ok, seconds=run.seconds
            )
        observed = await observe(brief, sandbox, found, code, trials(brief, code), deadline)
        classes: dict[tuple[int, Seen, Seen], list[Observed]] = defaultdict(list)
        for item in observed:
            if item.plausible:
                classes[item.behaviour].append(item)
        kept: list[Observed] = []
        for members in classes.values():
            for item in members[:3]:
                ok, log = await passes(brief, sandbox, item, baseline, strengthened(item.trial.source, item))
                await brief.transcript.step("candidate", item.candidate.label, f"{_example(item)}\n{log}", ok=ok)
                if ok:
                    kept.append(await compared(sandbox, code.source_root, item))
                    break
    failed = len(observed) - sum(len(members) for members in classes.values())
    await brief.transcript.step("note", f"{len(observed)} tried, {failed} still fail, {len(kept)} behaviours hold")
    return sorted(kept, key=_rank)


def _rank(item: Observed) -> tuple[int, bool, bool, int]:
    made = item.candidate
    return -item.evidence, made.silencing, made.borrowed, made.size


def _example(item: Observed) -> str:
    shown = f"{item.trial.call} → {item.seen[0][1][:120]}"
    return f"{shown}; {item.differs}" if item.differs else shown


def _words(text: str) -> set[str]:
    return set(re.findall(r"[a-z0-9_]{2,}", text.lower())) - {"the", "when", "there", "is", "no", "it", "take", "use"}


def _picked(brief: Brief, groups: list[Observed]) -> Observed | None:
    """What a person names: the choice itself, or the candidate whose words are most like theirs.

    Where a change stands, they have seen what came of the choice: what they say now goes before it, and where that
    names nothing, the change stays.
    """
    chosen = brief.chosen.label if brief.chosen is not None else None
    picked = next((item for item in groups if item.candidate.label == chosen), None)
    if brief.attempt:
        stands = next((item for item in groups if brief.attempt.get(item.candidate.path) == item.candidate.text), None)
        return _named(brief.wish, groups) or stands or picked
    return picked or _named(brief.wish, groups)


def _named(wish: str, groups: list[Observed]) -> Observed | None:
    if not wish:
        return None
    said = _words(wish)
    scored = [(len(said & _words(f"{item.candidate.label} {item.seen[0][1]}")), item) for item in groups]
    best = max(scored, key=lambda pair: pair[0])
    return best[1] if best[0] > 0 else None


def _question(brief: Brief, suspect: Suspect, groups: list[Observed]) -> Ask | None:
    """What to ask, None when one behaviour is clearly spoken for."""
    top = groups[0].candidate
    rivals = [g for g in groups if g.evidence == groups[0].evidence and not g.candidate.silencing]
    if groups[0].evidence >= _SPOKEN_FOR and not top.silencing and not top.borrowed:
        rivals = [g for g in rivals if not g.candidate.borrowed]
        if len(rivals) == 1:
            return None
    made_up = groups[0].evidence < _SPOKEN_FOR or top.silencing
    alone = len(rivals) == 1
    shown = (groups if made_up or alone else rivals)[:_CHOICES]
    lead = _MADE_UP if made_up else _BORROWED if alone else _RIVALS
    text = f"{suspect.exception} in {suspect.function.name}(): which should it be? {lead}"
    choices = tuple(
        Choice(
            item.candidate.label, f"{item.candidate.template}: {item.candidate.why}.", _example(item),
            {"base_sha": brief.base_sha},
        )
        for item in shown
    )  # fmt: skip
    return Ask(text, choices)


def _proposal(brief: Brief, suspect: Suspect, item: Observed, opened: tuple[str, ...], tried: int) -> Proposal:
    candidate = item.candidate
    first = brief.occurrences[0]
    where = f"{suspect.path}:{suspect.line} in {suspect.function.name}()"
    place = candidate.function or suspect.function.name
    return Proposal(
        files={candidate.path: candidate.text},
        test_path=item.trial.path,
        test_source=strengthened(item.trial.source, item),
        title=f"{candidate.label} in {place}()",
        cause=f"{first.exception} at {where}: {first.message[:200]}",
        change=f"{candidate.label} ({candidate.template}): {candidate.why}. {_example(item)}.",
        opened=opened,
        tried=tried,
    )
