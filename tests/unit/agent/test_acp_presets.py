"""Which agent is started and with what; how one is installed; each mistake is a sentence."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from agents.config import AcpSettings
from agents.harness import Unavailable
from agents.harness.acp.install import install, there
from agents.harness.acp.presets import PRESETS, installed
from agents.refusal import Refused


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "agents"
    monkeypatch.setenv("LOOP_AGENTS", str(folder))
    return folder


@pytest.mark.parametrize(
    ("acp", "kind", "said"),
    [
        ({"agent": "../../etc", "command": ["sh"]}, "openai", "is no name of an agent"),
        ({"agent": ""}, "openai", "is no name of an agent"),
        ({"agent": ".ssh", "command": ["sh"]}, "openai", "is no name of an agent"),
        ({"agent": "goose"}, "openai", "does not know how goose starts"),
        ({"agent": "goose", "command": ["goose", "acp"]}, "openai", "There is no folder"),
        ({"agent": "claude"}, "openai", "claude speaks to anthropic models, not openai"),
        ({"agent": "codex"}, "openai-chat", "codex speaks to openai models, not openai-chat"),
        ({"agent": "opencode"}, "openai", "run `loop agents install opencode`"),
    ],
)
def test_what_cannot_be_started_says_why(home: Path, acp: dict[str, Any], kind: str, said: str) -> None:
    with pytest.raises(Unavailable) as error:
        installed(AcpSettings(**acp), kind, "m")
    assert said in str(error.value)


def test_an_agent_of_ones_own_is_told_where_its_model_is(home: Path) -> None:
    (home / "goose").mkdir(parents=True)
    (home / "goose" / "goose").touch()
    acp = AcpSettings(agent="goose", command=["goose", "acp"], env={"OPENAI_HOST": "{url}", "GOOSE_MODEL": "{model}"})
    found = installed(acp, "openai-chat", "gpt-x")
    assert found.command == ("/run/agent/files/goose", "acp")
    assert found.env == {"OPENAI_HOST": "http://127.0.0.1:8040", "GOOSE_MODEL": "gpt-x"}


@pytest.mark.parametrize(("name", "kind"), [(name, kind) for name in PRESETS for kind in PRESETS[name].kinds])
def test_a_known_agent_gets_one_model_and_no_key(home: Path, name: str, kind: str) -> None:
    first = home / name / PRESETS[name].command[0]
    first.parent.mkdir(parents=True)
    first.touch()
    found = installed(AcpSettings(agent=name), kind, "gpt-x")
    assert found.command[0] == f"/run/agent/files/{PRESETS[name].command[0]}"
    told = json.dumps(dict(found.env))
    assert "127.0.0.1:8040" in told
    assert "gpt-x" in told
    assert "sk-" not in told


def _npm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str) -> None:
    tools = tmp_path / "tools"
    tools.mkdir()
    (tools / "npm").write_text(f"#!/bin/sh\n{script}\n")
    (tools / "npm").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tools}:/usr/bin:/bin")


async def test_an_agent_is_installed_without_running_its_scripts(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = PRESETS["opencode"].command[0]
    script = f'echo "$@" > {tmp_path}/asked; mkdir -p "$(dirname {first})"; echo $(cat {tmp_path}/asked) > {first}'
    _npm(tmp_path, monkeypatch, script)
    assert not there("opencode")
    assert await install("opencode") == home / "opencode"
    (home / "opencode" / "old").touch()
    await install("opencode")  # again: what was there is replaced
    assert there("opencode")
    assert not (home / "opencode" / "old").exists()
    asked = (tmp_path / "asked").read_text()
    assert "--ignore-scripts" in asked
    assert PRESETS["opencode"].packages[0] in asked
    assert [path.name for path in home.iterdir()] == ["opencode"]


@pytest.mark.parametrize(
    ("name", "script", "said"),
    [
        ("goose", "exit 0", "does not know an agent 'goose'"),
        ("opencode", "exit 0", "npm has no opencode for this machine"),
        ("opencode", "echo 'npm ERR! code E404' >&2; exit 1", "npm failed: npm ERR! code E404"),
    ],
)
async def test_what_cannot_be_installed_says_why(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, script: str, said: str
) -> None:
    _npm(tmp_path, monkeypatch, script)
    with pytest.raises(Refused) as error:
        await install(name)
    assert said in str(error.value)
    assert not (home / name).exists()


async def test_without_npm_the_next_step_is_named(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(Refused, match="apt install npm"):
        await install("opencode")
