"""Settings: `loop.toml` at the repository root, overridden by `LOOP_…` in the environment.

What a team shares lives in the file. Secrets never do: they come from the environment.
"""

from __future__ import annotations

import os
import re
import tomllib
from collections import Counter
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, Literal, Self, cast, get_args

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from agents.basics import Basics, ConfigError

SandboxKind = Literal["auto", "docker", "bubblewrap", "none"]
HarnessName = Literal["search", "llm", "acp"]
_UNSTREAMED = 20_000  # tokens; a longer answer takes longer than a connection may be silent
HarnessNames = HarnessName | Annotated[list[HarnessName], Field(min_length=1)]


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", defer_build=True)  # only what is read is built: commands are to be quick


class IngestSettings(_Section):
    """The endpoint that SDKs send to."""

    enabled: bool = True
    host: str = "127.0.0.1"
    port: int = 9119
    max_body: int = 20_000_000  # bytes on the wire
    max_decompressed: int = 100_000_000  # bytes after Content-Encoding


class GroupSettings(_Section):
    """When signals become one report, and when a report is worth a look."""

    weight_threshold: float = 1.0
    text_similarity: float = 0.72  # cosine of TF-IDF vectors from which two texts join


class SandboxSettings(_Section):
    """Where commands of the repository run."""

    kind: SandboxKind = "auto"
    base: str = "python:3.12-slim"  # the image's FROM
    build: str = ""  # a Dockerfile or devcontainer.json of the repository to build the image from, instead of `base`
    keep_images: int = Field(default=3, ge=1)  # of those built for this repository; older ones are removed
    setup: list[str] = Field(default_factory=list)  # run once, with network, to install dependencies
    env: dict[str, str] = Field(default_factory=dict)  # of the commands; no secrets: they can read it
    services: list[str] = Field(
        default_factory=list
    )  # of the repository's compose file, beside each sandbox; Docker only
    python: str = ""  # interpreter for bubblewrap and none; empty: the repository's .venv, else Loop's own
    ca_bundle: str = ""  # extra certificates for image build and dependency install
    index_url: str = ""  # package index for the same
    memory_mb: int = 1024
    cpus: float = 2.0
    pids: int = 256
    disk_mb: int = 512
    timeout: float = 300.0  # seconds for one command
    output_kb: int = 512  # of stdout and of stderr each
    warm: int = Field(default=1, ge=0, le=16)  # sandboxes that the engine keeps started ahead
    warm_seconds: float = Field(default=120.0, gt=0)  # for which one is kept that nobody takes


class CommandSettings(_Section):
    """A command of the repository, as one shell line; empty: none is known."""

    command: str = ""


class HarnessSettings(_Section):
    """Who does the thinking, and how long it may take.

    A stage names one harness, or several in the order in which they are asked: the next one takes over where one cannot
    work, as when its server does not answer.
    """

    investigate: HarnessNames = "search"
    propose: HarnessNames = "search"
    review: HarnessNames = "search"
    budget: float = 180.0  # seconds for one propose run of the search
    max_changed_lines: int = 200
    faults: float = Field(default=20.0, ge=0)  # seconds to see whether tests notice small faults in a change; 0: none
    candidates: int = Field(default=1, ge=1, le=8)  # changes built for one report, of which the best is offered
    rework: int = Field(default=2, ge=0, le=10)  # how often what must be fixed goes back before a person sees it

    def chosen(self, stage: str) -> tuple[HarnessName, ...]:
        """The harnesses of a stage (investigate, propose, review), first to last."""
        named: HarnessNames = getattr(self, stage)
        return (named,) if isinstance(named, str) else tuple(named)


class LlmSettings(_Section):
    """The model of the `llm` harness, and what one run of it may use. Its key is never kept here."""

    model: str = ""  # openai:NAME, anthropic:NAME, google:NAME, ollama:NAME; openai-chat:NAME for chat completions
    base_url: str = ""  # of a server of your own: Ollama, vLLM, llama.cpp, a gateway
    key_env: str = ""  # the environment variable with the key; empty: the provider's usual one
    requests: int = Field(default=40, ge=1)
    tokens: int = Field(default=1_000_000, ge=1)  # of questions and answers together
    usd: float = Field(default=2.0, gt=0)
    seconds: float = Field(default=900.0, gt=0)
    report_usd: float = Field(default=10.0, gt=0)  # of all runs of a report
    report_tokens: int = Field(default=10_000_000, ge=1)
    day_usd: float = Field(default=50.0, gt=0)  # of all runs since midnight
    day_tokens: int = Field(default=50_000_000, ge=1)
    answer_tokens: int = Field(default=8192, ge=1, le=64_000)  # of one answer
    context: int = Field(default=0, ge=0)  # tokens the model can read at once; 0: what is known of it
    stream: bool = True  # false: for a server that cannot stream answers that call tools
    timeout: float = Field(default=120.0, gt=0)  # seconds without a word
    retries: int = Field(default=4, ge=0)  # of one request, after 429, 5xx, lost connections and answers that break off

    @model_validator(mode="after")
    def _long_answers_are_streamed(self) -> Self:
        if not self.stream and self.answer_tokens > _UNSTREAMED:
            raise ValueError(f"without stream, answer_tokens is {_UNSTREAMED} at most")
        return self


class AcpSettings(_Section):
    """The coding agent of the `acp` harness, its model, and what one run of it may use."""

    agent: str = "opencode"  # opencode, claude, codex, or the name of a folder beside theirs
    command: list[str] = Field(default_factory=list)  # how an agent of one's own starts, relative to its folder
    env: dict[str, str] = Field(default_factory=dict)  # what it is told; {url} and {model} are put in
    model: str = ""  # "anthropic:NAME", "openai:NAME", "openai-chat:NAME"; empty: all three of [llm]
    base_url: str = ""
    key_env: str = ""
    requests: int = Field(default=200, ge=1)
    tokens: int = Field(default=5_000_000, ge=1)  # of questions and answers together
    usd: float = Field(default=5.0, gt=0)
    seconds: float = Field(default=1800.0, gt=0)
    answer_tokens: int = Field(default=32_000, ge=1)  # of one answer, whatever the agent asks for
    timeout: float = Field(default=120.0, gt=0)  # seconds for the next part of an answer
    retries: int = Field(default=4, ge=0)  # failed requests in a row
    memory_mb: int = Field(default=3072, ge=256)  # of its sandbox: an agent takes more than tests do


class MeasureSettings(_Section):
    """When and how an outcome is judged."""

    soak: float = 1800.0  # seconds after the merge before anything counts, when no release is known
    window: float = 7 * 86400.0  # seconds looked at after the change went live
    baseline: float = 14 * 86400.0  # seconds looked at before
    alpha: float = 0.05
    min_effect: float = 0.5
    interval: float = 300.0  # seconds between looks


class HealthCheck(_Section):
    """One HTTP endpoint to probe."""

    name: str
    url: str
    status: int = 200
    slow: float = 2.0  # seconds
    timeout: float = 10.0
    certificate_days: int = 14


class HealthSettings(_Section):
    """Health checks and how often they run."""

    interval: float = 60.0  # seconds
    check: list[HealthCheck] = Field(default_factory=list)

    @field_validator("check")
    @classmethod
    def _each_name_once(cls, found: list[HealthCheck]) -> list[HealthCheck]:
        """A check's outages are told by its name."""
        twice = [name for name, count in Counter(each.name for each in found).items() if count > 1]
        if twice:
            raise ValueError(f"two checks are named {twice[0]!r}; give each a name of its own")
        return found


class _TrackerSettings(_Section):
    """What every tracker of tickets has. Keys and webhook secrets are never kept here."""

    since: str = "30d"  # how far back the first reading goes: days as "30d", or a date as "2026-01-31"
    interval: float = Field(default=60.0, ge=10)  # seconds between polls
    pages: int = Field(default=50, ge=1)  # of one repository, team or account in one poll; the next one goes on
    timeout: float = Field(default=30.0, gt=0)  # seconds for one request
    ca_bundle: str = ""  # extra certificates, of a server or proxy of your own
    bots: bool = False  # whether what programs write counts too

    @field_validator("since")
    @classmethod
    def _a_time(cls, said: str) -> str:
        if not re.fullmatch(r"\d{1,5}d", said):
            try:
                datetime.fromisoformat(said)
            except ValueError:
                raise ValueError(f'{said!r} is neither days ("30d") nor a date ("2026-01-31")') from None
        return said


class GithubSettings(_TrackerSettings):
    """Issues of GitHub repositories, and their comments."""

    repositories: list[Annotated[str, Field(pattern=r"^[\w.-]+/[\w.-]+$")]] = Field(default_factory=list)
    api: str = "https://api.github.com"  # GitHub Enterprise: https://HOST/api/v3


class LinearSettings(_TrackerSettings):
    """Issues of Linear teams, and their comments."""

    teams: list[Annotated[str, Field(pattern=r"^\w{1,20}$")]] = Field(default_factory=list)  # keys, as ENG of ENG-12
    api: str = "https://api.linear.app/graphql"


class ZendeskSettings(_TrackerSettings):
    """Tickets of a Zendesk account, and their comments."""

    subdomain: str = Field(default="", pattern=r"^[A-Za-z0-9-]*$")
    api: str = ""  # empty: https://SUBDOMAIN.zendesk.com
    internal_notes: bool = False  # whether comments that customers do not see are read
    pages: int = Field(default=10, ge=1, le=10)  # Zendesk allows 10 such requests a minute

    @property
    def base(self) -> str:
        """The account's address."""
        return self.api.rstrip("/") or f"https://{self.subdomain}.zendesk.com"


class SectionSettings(_Section):
    """A section of the inbox of the team's own: a saved query."""

    name: str = Field(min_length=1, max_length=30)
    filter: str
    sort: str = "priority"


class EngineSettings(_Section):
    """How much runs at once."""

    investigations: int = 2
    builds: int = 1  # at once per repository is always one
    poll: float = 0.3  # seconds between looks at the change feed


class Settings(_Section, Basics):
    """Everything Loop reads from `loop.toml` and `LOOP_…` (sections as `LOOP_SANDBOX__KIND`)."""

    repo: Path = Field(default=Path(), exclude=True)
    name: str = ""
    base: str = ""  # the branch changes are merged into; empty: what HEAD names
    store: str = ""  # empty: SQLite under .loop/
    ingest: IngestSettings = Field(default_factory=IngestSettings)
    group: GroupSettings = Field(default_factory=GroupSettings)
    sandbox: SandboxSettings = Field(default_factory=SandboxSettings)
    tests: CommandSettings = Field(default_factory=CommandSettings)
    ci: CommandSettings = Field(default_factory=CommandSettings)
    harness: HarnessSettings = Field(default_factory=HarnessSettings)
    llm: LlmSettings = Field(default_factory=LlmSettings)
    acp: AcpSettings = Field(default_factory=AcpSettings)
    measure: MeasureSettings = Field(default_factory=MeasureSettings)
    health: HealthSettings = Field(default_factory=HealthSettings)
    github: GithubSettings = Field(default_factory=GithubSettings)
    linear: LinearSettings = Field(default_factory=LinearSettings)
    zendesk: ZendeskSettings = Field(default_factory=ZendeskSettings)
    engine: EngineSettings = Field(default_factory=EngineSettings)
    section: list[SectionSettings] = Field(default_factory=list)

    def ensure_state(self) -> Path:
        """Make `.loop/`, ignored by git from within, and return it."""
        self.state.mkdir(exist_ok=True, mode=0o700)
        ignore = self.state / ".gitignore"
        if not ignore.exists():
            ignore.write_text("*\n")
        return self.state


def load(repo: Path, *, sandbox_kind: str | None = None, **overrides: Any) -> Settings:
    """Read `loop.toml` of `repo`, then the environment.

    Args:
        repo: the repository's root.
        sandbox_kind: what `--sandbox` said; wins over `LOOP_SANDBOX` and the file.
        overrides: top-level keys that win over the file.

    Raises:
        ConfigError: the file is not TOML or has unknown or ill-typed keys; the message names the first.
    """
    path = repo / "loop.toml"
    values: dict[str, Any] = {}
    if path.exists():
        try:
            values = tomllib.loads(path.read_text(encoding="utf-8"))
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise ConfigError(f"{path} is not valid TOML: {error}.") from error
    values.update(overrides)
    try:
        settings = Settings.model_validate(_merged(values, _environment()) | {"repo": repo})
    except ValidationError as error:
        raise ConfigError(_first_problem(path, error)) from error
    kind = sandbox_kind or os.environ.get("LOOP_SANDBOX")
    if kind:
        if kind not in get_args(SandboxKind):
            raise ConfigError(f"LOOP_SANDBOX={kind!r}: choose docker, bubblewrap, none or auto.")
        settings.sandbox.kind = cast(SandboxKind, kind)
    return settings


def _environment() -> dict[str, Any]:
    """What `LOOP_…` variables say of the settings, nested."""
    heads = {name[5:].lower().partition("__")[0] for name in os.environ if name.upper().startswith("LOOP_")}
    if not heads & (set(Settings.model_fields) - {"repo"}):
        return {}
    from agents import environment

    return environment.read()


def _merged(file: dict[str, Any], over: dict[str, Any]) -> dict[str, Any]:
    """Both, section by section; `over` wins."""
    result = dict(file)
    for name, value in over.items():
        below = result.get(name)
        result[name] = _merged(below, value) if isinstance(below, dict) and isinstance(value, dict) else value
    return result


def _first_problem(path: Path, error: ValidationError) -> str:
    first = error.errors()[0]
    where = ".".join(str(part) for part in first["loc"])
    return f"{path}: {where}: {first['msg']}. Mend that key, or see the README for its form."
