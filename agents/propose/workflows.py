"""The jobs of GitHub Actions workflows that a sandbox can run: those that are plain `run:` steps.

What sets a machine up (checking out, languages, caches, installing packages) is left out, because the sandbox has the
tree and its dependencies already, and no network. The syntax is that of
https://docs.github.com/actions/reference/workflows-and-actions/workflow-syntax.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

from agents.propose.detect import Found

_EVENTS = {"push", "pull_request"}
_EXPRESSION = re.compile(r"\$\{\{\s*(.+?)\s*\}\}")
_MATRIX = re.compile(r"matrix\.([\w-]+)")
_SETS_UP = re.compile(
    r"(sudo\s+)?(apt(-get)?|apk|brew)\s|((python3?|uv)\s+(-m\s+)?)?pip3?\s+install|uv\s+(sync|venv)"
    r"|(poetry|pdm|pipenv|hatch env|npm|pnpm|yarn|bun)\s+(install|ci|sync|create)|corepack\s|yarn\s*$"
)
_LARGEST = 200_000  # characters of a workflow that are read


class _CannotRun(Exception):
    """Why a job is not for a sandbox."""


def jobs(tree: Path) -> list[Found]:
    """The jobs that run on a push or a pull request; those that cannot run here with the reason."""
    found: list[Found] = []
    for path in sorted((tree / ".github" / "workflows").glob("*.y*ml")):
        workflow = _read(path)
        if not _EVENTS & set(_events(workflow)):
            continue
        defined = workflow.get("jobs")
        for key, job in (defined if isinstance(defined, dict) else {}).items():
            if isinstance(job, dict):
                found += _job(str(key), job, _plain(workflow.get("env")))
    return found


def _read(path: Path) -> dict[Any, Any]:
    try:
        loaded = yaml.safe_load(path.read_text(encoding="utf-8")[:_LARGEST])
    except (OSError, UnicodeDecodeError, yaml.YAMLError, RecursionError):
        return {}
    return loaded if isinstance(loaded, dict) else {}


def _events(workflow: dict[Any, Any]) -> Iterator[str]:
    told = workflow.get("on", workflow.get(True))  # YAML 1.1 reads `on` as true
    if isinstance(told, str):
        yield told
    elif isinstance(told, list | dict):
        yield from (str(event) for event in told)


def _plain(env: Any) -> dict[str, str]:
    return {str(key): str(value) for key, value in env.items()} if isinstance(env, dict) else {}


def _job(key: str, job: dict[Any, Any], env: Mapping[str, str]) -> list[Found]:
    name = f"{key} (workflow)"
    try:
        command = _command(job, env)
    except _CannotRun as why:
        return [Found(name, "", str(why))]
    return [Found(name, command)] if command else []


def _command(job: dict[Any, Any], env: Mapping[str, str]) -> str:
    if job.get("uses"):
        raise _CannotRun("It calls a workflow from elsewhere.")
    if job.get("services") or job.get("container"):
        raise _CannotRun("It needs containers of its own.")
    values = _matrix(job)
    system = _filled(str(job.get("runs-on") or "ubuntu"), values)
    if not system.startswith(("ubuntu", "['ubuntu", "self-hosted")):
        raise _CannotRun(f"It runs on {system}.")
    lines: list[str] = []
    for step in job.get("steps") or []:
        if isinstance(step, dict) and step.get("run"):
            lines += _step(step, {**env, **_plain(job.get("env")), **_plain(step.get("env"))}, values)
    return "\n".join(["set -e", *lines]) if lines else ""


def _step(step: dict[Any, Any], env: Mapping[str, str], values: Mapping[str, str]) -> list[str]:
    if str(step.get("shell") or "bash").split()[0] not in ("bash", "sh"):
        raise _CannotRun(f"A step runs in {step['shell']}.")
    text = _filled(str(step["run"]), values).replace("\\\n", " ")
    kept = [line for line in text.splitlines() if line.strip() and not _SETS_UP.match(line.strip())]
    if not kept:
        return []
    exports = [
        f"export {key}={shlex.quote(_filled(value, values))}" for key, value in env.items() if key.isidentifier()
    ]
    folder = _filled(str(step.get("working-directory") or ""), values)
    into = [f"cd {shlex.quote(folder)}"] if folder else []
    return ["(", *exports, *into, *kept, ")"]


def _matrix(job: dict[Any, Any]) -> dict[str, str]:
    """The first value of each axis."""
    strategy = job.get("strategy")
    matrix = strategy.get("matrix") if isinstance(strategy, dict) else None
    found: dict[str, str] = {}
    if isinstance(matrix, dict):
        include = matrix.get("include")
        for row in include[:1] if isinstance(include, list) else []:
            found |= _plain(row)
        found |= {str(key): str(axis[0]) for key, axis in matrix.items() if isinstance(axis, list) and axis
                  and not isinstance(axis[0], dict)}  # fmt: skip
    return found


def _filled(text: str, values: Mapping[str, str]) -> str:
    """The text with the matrix in it.

    Raises:
        _CannotRun: it names something else that only GitHub knows.
    """

    def value(match: re.Match[str]) -> str:
        name = _MATRIX.fullmatch(match[1])
        if name is None or name[1] not in values:
            what = "secrets" if "secrets." in match[1] else match[1]
            raise _CannotRun(f"It needs {what}, which only GitHub has.")
        return values[name[1]]

    return _EXPRESSION.sub(value, text)
