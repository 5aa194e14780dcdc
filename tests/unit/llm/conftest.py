"""A small project that fails, a brief of the failure, and a server that answers for a model."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import keyring.core
import pytest
from keyring.backends import null

from agents.config import LlmSettings, Settings
from agents.harness import Brief, Frame, Harness, Numbers, Occurrence, Reproduction
from agents.harness.llm import LlmHarness
from agents.repository import Repository
from agents.sandbox.bare import BareProvider
from tests.conftest import plain_python
from tests.unit.llm.server import Server, serve

BAD = "def half(n):\n    return n / 0\n"
GOOD = "def half(n):\n    return n / 2\n"
TEST = "from app import half\n\n\ndef test_half():\n    assert half(4) == 2\n"
AT = datetime(2026, 1, 2, 3, 4, tzinfo=UTC)
REPRODUCED = Reproduction(
    confirmed=True, test_path="test_half_1.py", test_source=TEST, file="app.py", function="half", line=2,
    test_command=["{python}", "-m", "pytest", "-q", "-p", "no:cacheprovider", "test_half_1.py"],
    exception="ZeroDivisionError",
)  # fmt: skip


@dataclass
class Told:
    """A transcript that a test reads."""

    steps: list[tuple[str, str, str, bool | None]] = field(default_factory=list)
    said: list[str] = field(default_factory=list)  # what was still being written

    async def step(
        self, kind: str, title: str, output: str = "", *, ok: bool | None = None, seconds: float = 0.0
    ) -> None:
        self.steps.append((kind, title, output, ok))

    async def progress(self, line: str) -> None:
        pass

    async def saying(self, title: str, output: str) -> None:
        self.said.append(output)

    async def spent(self, usd: float, tokens: int) -> None:
        pass

    def titles(self) -> list[str]:
        return [title for _, title, _, _ in self.steps]


@dataclass
class Desk:
    """All that a test needs."""

    server: Server
    settings: Settings
    brief: Brief
    told: Told

    @property
    def harness(self) -> Harness:
        return LlmHarness(self.settings)


@pytest.fixture(autouse=True)
def nobodys_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    """The keyring of whoever runs the tests stays shut."""
    monkeypatch.setattr(keyring.core, "_keyring_backend", null.Keyring())


@pytest.fixture
def server() -> Iterator[Server]:
    with serve() as running:
        yield running


@pytest.fixture
async def desk(make_repo: Callable[..., Path], tmp_path: Path, server: Server) -> Desk:
    repo = make_repo({"app.py": BAD, "test_app.py": "import app\n\n\ndef test_app():\n    assert app\n"})
    settings = Settings(repo=repo)
    settings.llm = LlmSettings(model="openai-chat:gpt-4o-mini", base_url=f"{server.url}/v1", retries=1, timeout=20)
    settings.sandbox.kind, settings.sandbox.python = "none", plain_python()
    repository = Repository(repo)
    sha = await repository.git("rev-parse", "HEAD")
    tree = await repository.export(sha, tmp_path / "tree")
    told = Told()
    return Desk(server, settings, brief_of(settings, tree, sha, told), told)


def brief_of(settings: Settings, tree: Path, sha: str, told: Told) -> Brief:
    """The failure of `BAD`."""
    frame = Frame("app.py", "app.py", "app", "half", 2, True, "return n / 0", {"n": "4"})
    occurrence = Occurrence(
        1, AT, "ZeroDivisionError", "division by zero", "builtins", (frame,), False, "error", None, "/half"
    )
    return Brief(
        report_id=1, title="ZeroDivisionError: division by zero", occurrences=(occurrence,), texts=(),
        numbers=Numbers(3, 2, AT, AT, (3,), 0.0, 10.0, "requests", {"error": 3}), repo=settings.repo, tree=tree,
        base_sha=sha, release_sha=None, tests="", sandboxes=BareProvider(settings.sandbox, settings.repo),
        transcript=told, budget=60.0, round=1,
    )  # fmt: skip
