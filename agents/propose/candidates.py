"""The best of several builds: each is proved, and they are told apart by what they do on inputs none of them has seen.

Because a change that passes its own test may only treat the case it knows (Smith et al., FSE 2015; Chen et al., CodeT,
ICLR 2023, for tests of one candidate run on the others).
"""

from __future__ import annotations

import difflib
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path, PurePosixPath

from agents.harness import Brief, Proposal
from agents.models import Json
from agents.propose.assess import changed_lines, lay_over
from agents.propose.attempt import files_of
from agents.propose.detect import detect_commands
from agents.propose.heldout import Held, held_out
from agents.propose.mutation import unnoticed
from agents.propose.policy import violation
from agents.propose.proof import prove
from agents.sandbox import Sandbox, Source
from agents.sandbox.shell import run_line
from agents.services import Services
from agents.text import counted, one_line


@dataclass(frozen=True)
class Candidate:
    """A build that may be offered, and how it did.

    `foreign` are the places of those whose regression tests it fails, of `crossed` that were run; `noticed` is the
    share of small faults in its lines that its tests notice, found out where nothing else tells it apart.
    """

    place: int
    name: str
    proposal: Proposal
    size: int = 0
    broken: bool = False
    held: Held = field(default_factory=Held)
    crossed: int = 0
    foreign: tuple[int, ...] = ()
    noticed: float = 0.0

    @property
    def conduct(self) -> tuple[int, ...]:
        """What it does; smaller is better."""
        return int(self.broken), self.held.changed, -self.held.mended, len(self.foreign)

    @property
    def rank(self) -> tuple[float, ...]:
        """Smaller is better; the same candidates always come in the same order."""
        return (*self.conduct, -self.noticed, self.size, self.place)


async def best(services: Services, brief: Brief, folder: Path) -> Proposal:
    """What is proposed: the one build there is, or the best of several, with the others named.

    Args:
        services: the project, with who builds.
        brief: the report.
        folder: for trees of our own.
    """
    builders = services.builders()
    if len(builders) == 1:
        return await builders[0].propose(brief)
    made: list[tuple[str, Proposal]] = []
    for place, builder in enumerate(builders):
        proposal = await builder.propose(replace(brief, candidate=place))
        same = sum(1 for name, _ in made if name.split(" (")[0] == builder.name)
        made.append((f"{builder.name} ({same + 1})" if same else builder.name, proposal))
    standing, dropped = await _standing(brief, made, folder)
    compared = await _compared(brief, standing, folder)
    compared = await _weighed(services, brief, compared, folder)
    ranked = sorted(compared, key=lambda each: each.rank)
    chosen = ranked[0].proposal if ranked else _none([proposal for _, proposal in made])
    others = [_alternative(each, why_not(each, ranked[0])) for each in ranked[1:]]
    await _tell(brief, ranked, others, dropped)
    return replace(
        chosen, alternatives=(*others, *dropped) if ranked else (), usd=sum(each.usd for _, each in made),
        tokens=sum(each.tokens for _, each in made), tried=sum(each.tried for _, each in made),
    )  # fmt: skip


async def _standing(brief: Brief, made: list[tuple[str, Proposal]], folder: Path) -> tuple[list[Candidate], list[Json]]:
    """The candidates that may be changes at all, and the others with why not."""
    standing: list[Candidate] = []
    dropped: list[Json] = []
    for place, (name, proposal) in enumerate(made):
        why = await _refused(brief, proposal, standing, folder / f"candidate-{place}")
        if why:
            dropped.append({"harness": name, "title": one_line(proposal.title, 100), "why_not": why})
        else:
            standing.append(Candidate(place, name, proposal, _size(brief, proposal)))
    return standing, dropped


async def _refused(brief: Brief, proposal: Proposal, standing: list[Candidate], head: Path) -> str:
    """Why a build is no candidate, "" when it is one."""
    if proposal.question is not None:
        return f"it asks: {proposal.question.text}"
    if not proposal.files:
        return proposal.why_none or "it made no change"
    if why := violation(brief.tree, files_of(proposal)):
        return why
    for other in standing:
        if other.proposal.files == proposal.files:
            return f"it is the same as that of {other.name}"
    lay_over(brief.tree, head, files_of(proposal))
    test = (proposal.test_path, proposal.test_source)
    proof = await prove(brief.sandboxes, brief.tree, head, test, brief.reproduction, brief.transcript)
    return "" if proof["proved"] or not brief.reproduction.confirmed else f"it is not proved: {proof['why_not']}"


def _size(brief: Brief, proposal: Proposal) -> int:
    """Lines that are added or removed, the test not counted."""
    lines = _diff(brief, proposal).splitlines()
    return sum(1 for line in lines if line.startswith(("+", "-")) and not line.startswith(("+++ ", "--- ")))


def _diff(brief: Brief, proposal: Proposal) -> str:
    parts = []
    for path, text in proposal.files.items():
        file = brief.tree / path
        old = file.read_text(encoding="utf-8", errors="replace") if file.is_file() else ""
        lines = difflib.unified_diff(old.splitlines(), (text or "").splitlines(), path, path, lineterm="")
        parts.append("\n".join(lines))
    return "\n".join(parts)


async def _compared(brief: Brief, standing: list[Candidate], folder: Path) -> list[Candidate]:
    """The candidates with how each did; nothing is run for one alone."""
    if len(standing) < 2:
        return standing
    await brief.transcript.progress(f"{counted(len(standing), 'candidate')} on inputs that none has seen")
    tests = [brief.reproduction.test_source, *(each.proposal.test_source for each in standing)]
    files = [each.proposal.files for each in standing]
    held = await held_out(brief.sandboxes, brief.tree, tests, brief.reproduction, files)
    command = brief.tests or detect_commands(brief.tree)["tests"]
    async with await brief.sandboxes.open(Source(brief.tree, label="candidates")) as sandbox:
        sound = bool(command) and (await run_line(sandbox, command)).ok
    compared = []
    for each, did in zip(standing, held, strict=True):
        source = Source(folder / f"candidate-{each.place}", label=f"candidate-{each.place}")
        async with await brief.sandboxes.open(source) as sandbox:
            crossed, foreign = await _crossed(brief, sandbox, each, standing)
            broken = sound and not (await run_line(sandbox, command)).ok
        compared.append(replace(each, held=did, crossed=crossed, foreign=foreign, broken=broken))
    return compared


async def _weighed(services: Services, brief: Brief, compared: list[Candidate], folder: Path) -> list[Candidate]:
    """Those that do best, where there are several, with what their tests notice."""
    least = min((each.conduct for each in compared), default=())
    if sum(1 for each in compared if each.conduct == least) < 2:
        return compared
    weighed = []
    for each in compared:
        if each.conduct == least:
            test = replace(brief.reproduction, test_path=each.proposal.test_path)
            faults = await unnoticed(
                brief.sandboxes, folder / f"candidate-{each.place}", changed_lines(_diff(brief, each.proposal)), test,
                brief.tests, services.settings.harness.faults, brief.transcript,
            )  # fmt: skip
            each = replace(each, noticed=round(faults.noticed / faults.tried, 3) if faults.tried else 0.0)
        weighed.append(each)
    return weighed


async def _crossed(
    brief: Brief, sandbox: Sandbox, own: Candidate, standing: list[Candidate]
) -> tuple[int, tuple[int, ...]]:
    """How many of the others' regression tests were run, and the places of those it fails."""
    found = brief.reproduction
    crossed, failed = 0, []
    for other in standing:
        test = other.proposal
        if (
            other is own
            or not found.test_command
            or not test.test_source
            or test.test_source == own.proposal.test_source
        ):
            continue
        path = str(PurePosixPath(test.test_path).with_name(f"test_of_candidate_{other.place}.py"))
        argv = [
            path if part == found.test_path else part.replace("{python}", sandbox.python) for part in found.test_command
        ]
        await sandbox.write({path: test.test_source.encode()})
        crossed += 1
        if not (await sandbox.run(argv, timeout=120)).ok:
            failed.append(other.place)
        await sandbox.write({path: None})
    return crossed, tuple(failed)


def why_not(one: Candidate, chosen: Candidate) -> str:
    """The first thing in which a candidate does worse than the chosen one, for people."""
    held, other = one.held, chosen.held
    if one.broken and not chosen.broken:
        return "the project's tests fail with it"
    if held.changed > other.changed:
        return f"it changes what {held.changed} of {counted(held.kept, 'input')} gave that did not fail"
    if held.mended < other.mended:
        return f"{held.failing - held.mended} of {counted(held.failing, 'input')} like those that failed still fail"
    if len(one.foreign) > len(chosen.foreign):
        return f"it fails {counted(len(one.foreign), 'regression test')} of the others"
    if one.noticed < chosen.noticed:
        return f"its tests notice {one.noticed:.0%} of small faults in it, not {chosen.noticed:.0%}"
    if one.size > chosen.size:
        return f"it does the same with more: {one.size} changed lines, not {chosen.size}"
    return f"it does as well as that of {chosen.name}, which was built first"


def _alternative(one: Candidate, why: str) -> Json:
    return {"harness": one.name, "title": one_line(one.proposal.title, 100), "why_not": why}


def _none(made: list[Proposal]) -> Proposal:
    """What is said where nothing can be offered: the first question, else the first that is no change."""
    asking = [proposal for proposal in made if proposal.question is not None]
    empty = [proposal for proposal in made if not proposal.files]
    return (asking or empty or made)[0]


async def _tell(brief: Brief, ranked: list[Candidate], others: list[Json], dropped: list[Json]) -> None:
    """A step for each build: how it did, why it was not chosen, and its diff."""
    reasons = ["", *(str(other["why_not"]) for other in others)]
    for each, why in zip(ranked, reasons, strict=False):
        title = f"{each.name}: {one_line(each.proposal.title, 100)} — {f'not chosen, {why}' if why else 'chosen'}"
        numbers = ", ".join(f"{name} {value}" for name, value in asdict(each.held).items())
        numbers = f"held out: {numbers}; {each.crossed - len(each.foreign)} of {each.crossed} tests of others pass"
        await brief.transcript.step("candidate", title, f"{numbers}\n{_diff(brief, each.proposal)}", ok=not why)
    for other in dropped:
        await brief.transcript.step("candidate", f"{other['harness']}: not a candidate, {other['why_not']}", ok=False)
