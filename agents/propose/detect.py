"""Which commands test a project: what its files show, and nothing that is not there."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import NamedTuple


class Found(NamedTuple):
    """A check that a project defines.

    Args:
        name: what people see.
        command: a shell script; empty when it cannot be run in a sandbox.
        why_not: the reason then.
    """

    name: str
    command: str
    why_not: str = ""


def detect_commands(tree: Path) -> dict[str, str]:
    """{"tests": …, "ci": …} as shell lines; empty where nothing is found. `ci` is a script of the project's own."""
    return {"tests": _tests(tree), "ci": _ci(tree)}


def _ci(tree: Path) -> str:
    for name in (".ci/run", "ci/run", "script/ci", "bin/ci"):
        if (tree / name).is_file():
            return f"sh {name}" if not (tree / name).stat().st_mode & 0o100 else f"./{name}"
    return ""


def _tests(tree: Path) -> str:
    found = sorted([*tree.glob("test*/**/test_*.py"), *tree.glob("test_*.py"), *tree.glob("*/test*/test_*.py")])
    if not found:
        return _make(tree)
    texts = [path.read_text(encoding="utf-8", errors="replace") for path in found[:50]]
    if _mentions_pytest(tree) or any("import pytest" in text or re.search(r"^def test_", text, re.M) for text in texts):
        return "python -m pytest -q"
    return "python -m unittest discover -q"


def _mentions_pytest(tree: Path) -> bool:
    if (tree / "pytest.ini").is_file() or (tree / "conftest.py").is_file():
        return True
    try:
        project = tomllib.loads((tree / "pyproject.toml").read_text(encoding="utf-8"))
    except (OSError, tomllib.TOMLDecodeError, UnicodeDecodeError):
        return False
    return "pytest" in project.get("tool", {})


def _make(tree: Path) -> str:
    makefile = tree / "Makefile"
    if makefile.is_file() and re.search(r"^test:", makefile.read_text(encoding="utf-8", errors="replace"), re.M):
        return "make test"
    return ""
