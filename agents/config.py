"""Settings: `loop.toml` at the repository root, overridden by `LOOP_…` in the environment.

What a team shares lives in the file. Secrets never do: they come from the environment.
"""

from __future__ import annotations

import getpass
import os
import subprocess
import tomllib
from collections import Counter
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, Literal, cast, get_args

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

SandboxKind = Literal["auto", "docker", "bubblewrap", "none"]
HarnessName = Literal["search", "llm"]
HarnessNames = HarnessName | Annotated[list[HarnessName], Field(min_length=1)]


class ConfigError(Exception):
    """The configuration cannot be used; the message names the next step."""


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
    rework: int = Field(default=2, ge=0, le=10)  # how often what must be fixed goes back before a person sees it

    def chosen(self, stage: str) -> tuple[HarnessName, ...]:
        """The harnesses of a stage (investigate, propose, review), first to last."""
        named: HarnessNames = getattr(self, stage)
        return (named,) if isinstance(named, str) else tuple(named)


class LlmSettings(_Section):
    """The model of the `llm` harness, and what one run of it may use. Its key is never kept here."""

    model: str = ""  # "openai:NAME", "anthropic:NAME"; "openai-chat:NAME" for what speaks chat completions
    base_url: str = ""  # of a server of your own: Ollama, vLLM, llama.cpp, a gateway
    key_env: str = ""  # the environment variable with the key; empty: the provider's usual one
    requests: int = Field(default=40, ge=1)
    tokens: int = Field(default=1_000_000, ge=1)  # of questions and answers together
    usd: float = Field(default=2.0, gt=0)
    seconds: float = Field(default=900.0, gt=0)
    answer_tokens: int = Field(default=8192, ge=1, le=20_000)  # of one answer; longer ones would have to be streamed
    timeout: float = Field(default=120.0, gt=0)  # seconds for one request
    retries: int = Field(default=4, ge=0)  # of one request, after 429, 5xx and lost connections


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


class Settings(_Section):
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
    measure: MeasureSettings = Field(default_factory=MeasureSettings)
    health: HealthSettings = Field(default_factory=HealthSettings)
    engine: EngineSettings = Field(default_factory=EngineSettings)
    section: list[SectionSettings] = Field(default_factory=list)

    @property
    def state(self) -> Path:
        """The `.loop` folder."""
        return self.repo / ".loop"

    @property
    def store_url(self) -> str:
        """The database, as an SQLAlchemy URL with an async driver."""
        if not self.store:
            return f"sqlite+aiosqlite:///{self.state / 'loop.db'}"
        scheme, _, rest = self.store.partition("://")
        drivers = {"postgresql": "postgresql+psycopg", "postgres": "postgresql+psycopg", "sqlite": "sqlite+aiosqlite"}
        return f"{drivers.get(scheme, scheme)}://{rest}"

    @cached_property
    def title(self) -> str:
        """What to call this project on a screen."""
        return self.name or self.repo.name

    def ensure_state(self) -> Path:
        """Make `.loop/`, ignored by git from within, and return it."""
        self.state.mkdir(exist_ok=True, mode=0o700)
        ignore = self.state / ".gitignore"
        if not ignore.exists():
            ignore.write_text("*\n")
        return self.state


def find_repo(start: Path | None = None) -> Path:
    """The git root at or above `start` (default: the current folder).

    Raises:
        ConfigError: there is none.
    """
    here = (start or Path.cwd()).resolve()
    if not here.is_dir():
        raise ConfigError(f"{here} is not a folder; give the path of a git repository with --repo.")
    found = subprocess.run(
        ["git", "-C", str(here), "rev-parse", "--show-toplevel"], capture_output=True, text=True, check=False
    )
    if found.returncode:
        raise ConfigError(f"{here} is not inside a git repository; run `git init` there or give --repo PATH.")
    return Path(found.stdout.strip())


def person(repo: Path) -> str:
    """Who works here: the name the user's git configuration gives, else the login name."""
    command = ["git", "-C", str(repo), "config", "user.name"]
    found = subprocess.run(command, capture_output=True, text=True, check=False)
    return found.stdout.strip() or getpass.getuser()


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
