"""The agents that Loop knows, and those of one's own: where they are, how they start, what they are told of the model.

An agent lives in a folder below `home()`, which is all of it that a sandbox sees, read-only. Nothing of a person's own
configuration or login goes along.
"""

from __future__ import annotations

import json
import os
import platform
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from platformdirs import user_data_path

from agents.config import AcpSettings
from agents.harness import Unavailable
from agents.text import one_line

INSIDE = "/run/agent/files"  # where the folder is in a sandbox
PORT = 8040  # of the sandbox's own 127.0.0.1
URL = f"http://127.0.0.1:{PORT}"
_KEY = "not-a-key"  # agents want one; the proxy throws it away
_ARCH = {"x86_64": "x64", "amd64": "x64", "aarch64": "arm64", "arm64": "arm64"}.get(platform.machine().lower(), "x64")
_NODE = f"node-linux-{_ARCH}"


@dataclass(frozen=True)
class Preset:
    """An agent that Loop can install.

    Args:
        packages: of npm, pinned.
        command: relative to its folder.
        kinds: which models it speaks to.
        env: what it is told, given the kind and the name of the model.
    """

    packages: tuple[str, ...]
    command: tuple[str, ...]
    kinds: tuple[str, ...]
    env: Callable[[str, str], dict[str, str]]


def _opencode(kind: str, name: str) -> dict[str, str]:
    client = {"openai-chat": "openai-compatible", "openai": "openai", "anthropic": "anthropic"}[kind]
    provider = {
        "npm": f"@ai-sdk/{client}",
        "name": "Loop",
        "options": {"baseURL": f"{URL}/v1", "apiKey": _KEY},
        "models": {name: {"name": name, "tool_call": True}},
    }
    config = {
        "model": f"loop/{name}",
        "small_model": f"loop/{name}",
        "provider": {"loop": provider},
        "enabled_providers": ["loop"],
        "autoupdate": False,
        "share": "disabled",
        "permission": {"webfetch": "deny"},
    }
    return {"OPENCODE_CONFIG_CONTENT": json.dumps(config), "OPENCODE_DISABLE_MODELS_FETCH": "1"}


def _claude(kind: str, name: str) -> dict[str, str]:
    models = ["ANTHROPIC_MODEL", "ANTHROPIC_SMALL_FAST_MODEL", "CLAUDE_CODE_SUBAGENT_MODEL"]
    models += [f"ANTHROPIC_DEFAULT_{size}_MODEL" for size in ("HAIKU", "SONNET", "OPUS")]
    return {
        **dict.fromkeys(models, name),
        "ANTHROPIC_BASE_URL": URL,
        "ANTHROPIC_API_KEY": _KEY,
        "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1",
        "DISABLE_AUTOUPDATER": "1",
    }


def _codex(kind: str, name: str) -> dict[str, str]:
    provider = {"name": "Loop", "base_url": f"{URL}/v1", "wire_api": "responses", "requires_openai_auth": False}
    config = {
        "model": name,
        "model_provider": "loop",
        "model_providers": {"loop": provider},
        "web_search": "disabled",
        "check_for_update_on_startup": False,
    }
    return {
        "CODEX_CONFIG": json.dumps(config),
        "MODEL_PROVIDER": "loop",
        "INITIAL_AGENT_MODE": "agent-full-access",
        "NO_BROWSER": "1",
    }


PRESETS = {
    "opencode": Preset(
        (f"opencode-linux-{_ARCH}@1.18.33",),
        (f"node_modules/opencode-linux-{_ARCH}/bin/opencode", "acp", "--pure"),
        ("openai-chat", "openai", "anthropic"),
        _opencode,
    ),
    "claude": Preset(
        (f"{_NODE}@22.23.3", "@agentclientprotocol/claude-agent-acp@0.49.0"),
        (f"node_modules/{_NODE}/bin/node", "node_modules/@agentclientprotocol/claude-agent-acp/dist/index.js"),
        ("anthropic",),
        _claude,
    ),
    "codex": Preset(
        (f"{_NODE}@22.23.3", "@agentclientprotocol/codex-acp@2.6.0"),
        (f"node_modules/{_NODE}/bin/node", "node_modules/@agentclientprotocol/codex-acp/dist/index.js"),
        ("openai",),
        _codex,
    ),
}


@dataclass(frozen=True)
class Installed:
    """An agent that can be started.

    Args:
        name: as settings have it.
        folder: of the host, seen at `INSIDE`.
        command: inside.
        env: what it is told.
    """

    name: str
    folder: Path
    command: tuple[str, ...]
    env: Mapping[str, str]


def home() -> Path:
    """Where agents are: `LOOP_AGENTS`, else the person's data folder."""
    named = os.environ.get("LOOP_AGENTS")
    return Path(named) if named else user_data_path("loop") / "agents"


def installed(settings: AcpSettings, kind: str, model: str) -> Installed:
    """The agent of the settings.

    Args:
        settings: the `[acp]` section.
        kind: of the model.
        model: its name.

    Raises:
        Unavailable: there is none of that name, or it cannot speak to that model.
    """
    name = settings.agent
    if not re.fullmatch(r"[a-z0-9][a-z0-9._-]*", name):
        raise Unavailable(f'{one_line(name, 80)!r} is no name of an agent; set [acp] agent, as "opencode".')
    folder, preset = home() / name, PRESETS.get(name)
    if settings.command:
        command, env = tuple(settings.command), _told(settings, model)
        if not folder.is_dir():
            raise Unavailable(f"There is no folder {folder}; put the agent there that [acp] command starts.")
    elif preset is None:
        raise Unavailable(
            f"Loop does not know how {name} starts; set [acp] command, or use {', '.join(PRESETS)} as [acp] agent."
        )
    else:
        if kind not in preset.kinds:
            raise Unavailable(f"{name} speaks to {' or '.join(preset.kinds)} models, not {kind}; change [acp] model.")
        command, env = preset.command, {**preset.env(kind, model), **_told(settings, model)}
        if not (folder / command[0]).exists():
            raise Unavailable(f"{name} is not installed; run `loop agents install {name}`.")
    return Installed(name, folder.resolve(), tuple(_inside(part, folder) for part in command), env)


def _told(settings: AcpSettings, model: str) -> dict[str, str]:
    """The variables of the settings, with where the model is and what it is called."""
    return {key: value.replace("{url}", URL).replace("{model}", model) for key, value in settings.env.items()}


def _inside(part: str, folder: Path) -> str:
    """A part of the command; a file of the agent's folder as the sandbox sees it."""
    return f"{INSIDE}/{part}" if not part.startswith(("/", "-", ".")) and (folder / part).is_file() else part
