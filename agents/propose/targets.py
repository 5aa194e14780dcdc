"""Checks that a project's own tools define: tox, nox, make, and the scripts of a package.json."""

from __future__ import annotations

import configparser
import json
import re
import tomllib
from pathlib import Path
from typing import Any

from agents.propose.detect import Found

_TARGETS = ("ci", "check", "lint", "typecheck", "test")
_WHOLE = ("ci", "check")  # a target that runs the others
_KNOWN = {"envpython": "python", "toxinidir": ".", "tox_root": ".", "/": "/"}
_SUBSTITUTION = re.compile(r"\{([^{}:]*)(?::([^{}]*))?\}")


def targets(tree: Path) -> list[Found]:
    """The checks of the first of these tools that the project uses."""
    for look in (_tox, _nox, _make, _package):
        if found := look(tree):
            return found
    return []


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return ""


def _tox(tree: Path) -> list[Found]:
    """Tox's commands without tox, which would want to install what the sandbox has already."""
    ini = configparser.ConfigParser(interpolation=None, strict=False)
    source = _text(tree / "tox.ini") or _legacy(tree)
    try:
        ini.read_string(source or "[tox]")
    except configparser.Error:
        return []
    found = []
    for section in ini.sections():
        if section == "testenv" or section.startswith("testenv:"):
            name = section.removeprefix("testenv").lstrip(":") or "testenv"
            lines = [
                line for line in ini.get(section, "commands", fallback="").replace("\\\n", " ").splitlines() if line
            ]
            found += _commands(f"{name} (tox)", lines)
    return found


def _legacy(tree: Path) -> str:
    """The `tox.ini` that a pyproject.toml may hold."""
    try:
        tool: dict[str, Any] = tomllib.loads(_text(tree / "pyproject.toml")).get("tool", {})
    except tomllib.TOMLDecodeError:
        return ""
    held = tool.get("tox", {}).get("legacy_tox_ini", "")
    return held if isinstance(held, str) else ""


def _commands(name: str, lines: list[str]) -> list[Found]:
    if not lines:
        return []
    filled = [_SUBSTITUTION.sub(_value, line.strip().lstrip("- ")) for line in lines]
    left = next((match[0] for line in filled if (match := _SUBSTITUTION.search(line))), "")
    if left:
        return [Found(name, "", f"It needs {left}, which only tox knows.")]
    return [Found(name, "\n".join(["set -e", *filled]))]


def _value(match: re.Match[str]) -> str:
    """What tox would put there, as far as that does not depend on tox."""
    return (match[2] or "") if match[1] == "posargs" else _KNOWN.get(match[1], match[0])


def _nox(tree: Path) -> list[Found]:
    return [Found("nox", "python -m nox --no-venv --no-install")] if (tree / "noxfile.py").is_file() else []


def _make(tree: Path) -> list[Found]:
    text = _text(tree / "Makefile")
    there = [name for name in _TARGETS if re.search(rf"^{name}\s*:(?!=)", text, re.M)]
    whole = [name for name in there if name in _WHOLE][:1]
    return [Found(f"make {name}", f"make {name}") for name in whole or there]


def _package(tree: Path) -> list[Found]:
    try:
        scripts = json.loads(_text(tree / "package.json") or "{}").get("scripts", {})
    except (ValueError, AttributeError):
        return []
    there = [name for name in _TARGETS if isinstance(scripts, dict) and name in scripts]
    whole = [name for name in there if name in _WHOLE][:1]
    return [Found(f"npm run {name}", f"npm run --silent {name}") for name in whole or there]
