"""A small project that fails, an agent that does what a test says, and a model on the loopback."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from agents.config import AcpSettings, Settings
from agents.harness import Brief, Harness
from agents.harness.acp import AcpHarness
from agents.repository import Repository
from agents.sandbox.bubblewrap import BubblewrapProvider
from tests.conftest import plain_python
from tests.unit.llm.conftest import BAD, Told, brief_of
from tests.unit.llm.server import Server, serve

ANSWER = ".loop-answer.json"
KEY = "sk-s3cret-of-the-person"
_works: list[str] = []  # why bubblewrap does not, found once
MADE = {"title": "Halve by two", "cause": "It divides by 0.", "change": "Divide by 2."}


@dataclass
class Room:
    """All that a test needs."""

    server: Server
    settings: Settings
    brief: Brief
    told: Told
    folder: Path  # of the agent

    @property
    def harness(self) -> Harness:
        return AcpHarness(self.settings)

    def plan(self, *turns: list[Any], **more: Any) -> None:
        """What the agent does in each turn, and how it is besides."""
        (self.folder / "plan.json").write_text(json.dumps({"turns": turns, **more}))

    def said(self) -> str:
        """All that the transcript has."""
        return "\n".join(f"{kind} {title} {ok}\n{output}" for kind, title, output, ok in self.told.steps)


@pytest.fixture
def server() -> Iterator[Server]:
    with serve(aside="A title") as running:
        yield running


@pytest.fixture
async def room(make_repo: Callable[..., Path], tmp_path: Path, server: Server, monkeypatch: pytest.MonkeyPatch) -> Room:
    monkeypatch.setenv("LOOP_AGENTS", str(tmp_path / "agents"))
    monkeypatch.setenv("MY_KEY", KEY)
    folder = tmp_path / "agents" / "fake"
    folder.mkdir(parents=True)
    shutil.copy(Path(__file__).parent / "fake.py", folder)
    repo = make_repo({"app.py": BAD, "test_app.py": "import app\n\n\ndef test_app():\n    assert app\n"})
    settings = Settings(repo=repo)
    settings.acp = AcpSettings(
        agent="fake", command=["python", "fake.py"], model="openai-chat:gpt-4o-mini", base_url=f"{server.url}/v1",
        key_env="MY_KEY", seconds=30, retries=0, timeout=5,
    )  # fmt: skip
    settings.sandbox.kind, settings.sandbox.python = "bubblewrap", plain_python()
    sandboxes = BubblewrapProvider(settings.sandbox, repo)
    if not _works:
        found = await sandboxes.check()
        _works.append(found.detail if not found.ok else "")
    if _works[0]:
        pytest.skip(f"bubblewrap: {_works[0]}")
    repository = Repository(repo)
    sha = await repository.git("rev-parse", "HEAD")
    tree = await repository.export(sha, tmp_path / "tree")
    told = Told()
    brief = replace(brief_of(settings, tree, sha, told), sandboxes=sandboxes)
    return Room(server, settings, brief, told, folder)
