"""Who does the thinking. A harness gets a brief and answers; what it answers is never trusted.

Stages (`agents.investigate`, `agents.propose`) make the brief, call the harness named in `loop.toml`, and do
proof, checks, review and publishing themselves, the same for every harness.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Literal, Protocol

from agents.config import Settings
from agents.sandbox import SandboxProvider
from agents.states import Severity, Verdict

Json = dict[str, Any]


class Transcript(Protocol):
    """Where a harness tells what it does, step by step; each step is in the store at once."""

    async def step(
        self, kind: str, title: str, output: str = "", *, ok: bool | None = None, seconds: float = 0.0
    ) -> None:
        """Add a finished step. `kind`: note · read · command · candidate · proof · check · review."""
        ...

    async def progress(self, line: str) -> None:
        """Replace the one short line shown while the run goes on."""
        ...

    async def saying(self, title: str, output: str) -> None:
        """Show a step that is still being written; the next `step` takes its place."""
        ...

    async def spent(self, usd: float, tokens: int) -> None:
        """Add to what the run has cost so far."""
        ...


@dataclass(frozen=True)
class Frame:
    """One stack frame of an event, mapped to the repository where it could be."""

    path: str | None  # repo-relative file in the brief's tree; None: not of this repository
    raw_path: str  # as the event had it
    module: str
    function: str
    line: int
    in_app: bool
    context_line: str = ""
    vars: Json = field(default_factory=dict)  # name → value as the SDK serialised it


@dataclass(frozen=True)
class Occurrence:
    """One signal with an exception, as the harness sees it. All text in it is untrusted data.

    Where an exception was raised from another on purpose (`raise OrderError from error`), or holds others (a group),
    the one told here is the one at fault, with the frames of both; `raised_as` says what came out.
    """

    signal_id: int
    at: datetime
    exception: str  # type name, e.g. "KeyError"
    message: str
    module: str  # module of the exception type
    frames: tuple[Frame, ...]  # outermost first, innermost last
    handled: bool | None
    level: str
    release: str | None
    transaction: str | None
    request: Json = field(default_factory=dict)  # method, url, query, data, headers (scrubbed)
    argv: tuple[str, ...] = ()  # how the command was called, where it was one
    raised_as: str = ""  # "OrderError: order 7 could not be priced"


@dataclass(frozen=True)
class Numbers:
    """How much a report weighs."""

    signals: int
    users: int
    first_seen: datetime
    last_seen: datetime
    trend: tuple[int, ...]
    handled_share: float  # of the signals: 0.0 … 1.0
    exposure: float  # requests of the same transactions (or of all) in the same time; 0 when unknown
    exposure_name: str  # "requests:/checkout", "requests" or ""
    levels: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Reproduction:
    """The failing call, rebuilt.

    `test_source` fails on the base with the exception seen in production, at the same place, and will be part of
    the change. When `confirmed` is false, `why_not` says what was missing.
    """

    confirmed: bool
    test_path: str = ""  # repo-relative
    test_source: str = ""
    test_command: list[str] = field(default_factory=list)  # argv with "{python}" for the sandbox's interpreter
    call: str = ""  # the call, for people: "cart_total(cart={'items': [], 'coupon': None})"
    exception: str = ""
    file: str = ""  # repo-relative file of the crashing in-app frame
    function: str = ""
    line: int = 0
    log: str = ""
    why_not: str = ""
    base_sha: str = ""  # where it was confirmed

    def as_json(self) -> Json:
        """A plain dict for the store."""
        return asdict(self)

    @classmethod
    def from_json(cls, value: Json) -> Reproduction:
        """What `as_json` gave; an empty dict gives an unconfirmed one."""
        return cls(**value) if value else cls(confirmed=False, why_not="Nothing has been reproduced yet.")


@dataclass(frozen=True)
class FindingDraft:
    """A fact found, with where it is."""

    text: str
    verified: bool
    is_cause: bool = False
    file: str | None = None
    function: str | None = None
    line: int | None = None
    commit: str | None = None
    evidence: str = ""


@dataclass(frozen=True)
class Choice:
    """One answer a person can pick. `payload` goes back to the harness when it is picked."""

    label: str
    detail: str = ""
    example: str = ""
    payload: Json = field(default_factory=dict)


@dataclass(frozen=True)
class Ask:
    """What only a person can settle."""

    text: str
    choices: tuple[Choice, ...] = ()


@dataclass(frozen=True)
class ContractDraft:
    """Which number should move, declared before the code."""

    metric: str
    denominator: str
    direction: Literal["down", "up"] = "down"
    min_effect: float = 0.5
    baseline: Json = field(default_factory=dict)


@dataclass(frozen=True)
class Comment:
    """What a person wrote on a change and nobody has answered; `quote` are the lines it stands on."""

    id: int
    text: str
    path: str | None = None
    line: int | None = None  # the last, of a range
    start_line: int | None = None
    side: str = "new"  # new: lines of `head_sha`; old: of its base
    quote: str = ""
    head_sha: str = ""


@dataclass(frozen=True)
class Brief:
    """All a harness gets for one run.

    `tree` is an exported copy of the base commit on the host (no `.git`, safe to read, never executed there);
    commands run in sandboxes opened from `sandboxes` with `Source(tree)`. `guidance` is what people said: an
    answer, the changes asked for, newest last; `lessons` is what they noted on this report and on those like it.
    `attempt` is the change as it stands, where there is one. With `objections`, what review and checks said of it, the
    task is to mend it; with `comments`, what a person asked of it, which are in `guidance` too.
    """

    report_id: int
    title: str
    occurrences: tuple[Occurrence, ...]  # at most 20, the most telling first
    texts: tuple[str, ...]  # bodies of signals without a stack, at most 20
    numbers: Numbers
    repo: Path  # the user's repository: for blame and log only, through agents.repository
    tree: Path
    base_sha: str
    release_sha: str | None  # the commit the events ran on, when known
    tests: str  # the repository's test command, "" when none is known
    sandboxes: SandboxProvider
    transcript: Transcript
    budget: float  # seconds
    findings: tuple[FindingDraft, ...] = ()
    reproduction: Reproduction = field(default_factory=lambda: Reproduction(confirmed=False))
    guidance: tuple[str, ...] = ()
    wish: str = ""  # the newest of the guidance in the person's words alone, without places and quotes
    lessons: tuple[str, ...] = ()
    chosen: Choice | None = None  # the answer a person picked, when they picked one
    round: int = 0
    open_changes: tuple[str, ...] = ()  # "path" of files that other open changes touch
    attempt: dict[str, str | None] = field(default_factory=dict)  # path → full new text, the test among them
    objections: tuple[str, ...] = ()
    candidate: int = 0  # which of several builds of one report this is
    comments: tuple[Comment, ...] = ()


@dataclass(frozen=True)
class Investigation:
    """What investigating said."""

    summary: str
    findings: tuple[FindingDraft, ...]
    verdict: Verdict
    verdict_reason: str
    priority: int  # 0 … 4
    priority_reason: str
    contract: ContractDraft | None = None
    reproduction: Reproduction = field(default_factory=lambda: Reproduction(confirmed=False))
    question: Ask | None = None
    reviewers: tuple[str, ...] = ()
    usd: float = 0.0
    tokens: int = 0


@dataclass(frozen=True)
class Proposal:
    """What proposing said: a patch, or a question, or neither with the reason."""

    files: dict[str, str | None] = field(default_factory=dict)  # path → full new text, None: delete; without the test
    test_path: str = ""  # the regression test; red on the base, green with `files`
    test_source: str = ""
    title: str = ""
    cause: str = ""
    change: str = ""  # what the patch does, one or two sentences
    question: Ask | None = None
    why_none: str = ""  # when there is neither patch nor question
    opened: tuple[str, ...] = ()  # files the harness read
    tried: int = 0
    alternatives: tuple[Json, ...] = ()  # other builds that were not chosen: {harness, title, why_not}
    replies: tuple[tuple[int, str], ...] = ()  # (id of a comment, the answer to it)
    usd: float = 0.0
    tokens: int = 0


@dataclass(frozen=True)
class Remark:
    """One review comment; `by` is the tool that made it, "" for the reviewer itself."""

    severity: Severity
    text: str
    path: str | None = None
    line: int | None = None
    by: str = ""


@dataclass(frozen=True)
class Diffed:
    """What a reviewer looks at."""

    base_tree: Path
    head_tree: Path
    diff: str
    files: tuple[str, ...]
    changed_lines: dict[str, tuple[int, ...]]  # path → added or changed line numbers in the head
    opened: tuple[str, ...] = ()


@dataclass(frozen=True)
class Review:
    """What reviewing said."""

    remarks: tuple[Remark, ...]
    usd: float = 0.0
    tokens: int = 0


class Harness(Protocol):
    """One way of thinking. Each method may raise `Unavailable`; what `harness` gives never does."""

    name: str

    async def investigate(self, brief: Brief) -> Investigation:
        """Is it real, how urgent, is there a concrete change to make?"""
        ...

    async def propose(self, brief: Brief) -> Proposal:
        """Find the change."""
        ...

    async def review(self, brief: Brief, diffed: Diffed) -> Review:
        """Look at a change somebody else made."""
        ...


class Unavailable(Exception):
    """A harness cannot work now; the message is a sentence that names the next step.

    Args:
        why: the sentence.
        usd: what it cost until then.
        tokens: what it used until then.
    """

    def __init__(self, why: str, usd: float = 0.0, tokens: int = 0) -> None:
        super().__init__(why)
        self.usd, self.tokens = usd, tokens


def harness(names: Sequence[str], settings: Settings) -> Harness:
    """The harness of that name, or several that stand in for one another in that order.

    Raises:
        ValueError: there is none of a name.
    """
    made = [_one(name, settings) for name in names]
    if len(made) == 1 and names[0] == "search":
        return made[0]
    from agents.harness.turn import InTurn

    return InTurn(made)


def _one(name: str, settings: Settings) -> Harness:
    if name == "search":
        from agents.harness.search import SearchHarness

        return SearchHarness()
    if name == "llm":
        from agents.harness.llm import LlmHarness

        return LlmHarness(settings)
    if name == "acp":
        from agents.harness.acp import AcpHarness

        return AcpHarness(settings)
    raise ValueError(f"There is no harness called {name!r}; use search, llm or acp.")
