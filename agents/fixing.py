"""A failing test is a signal too: the search for its fix, for commands and anything else that a person uses."""

from __future__ import annotations

import asyncio
import difflib
import shutil
import tempfile
import time
from pathlib import Path
from typing import Any

from agents.config import Settings, load
from agents.harness import Json
from agents.harness.search.failing import Alternative, Found, parsed, search
from agents.refusal import Refused
from agents.repository import GitError, Repository
from agents.sandbox import SandboxError, Source
from agents.sandbox.choose import choose

_SKIPPED = shutil.ignore_patterns(".git", ".venv", "venv", "node_modules", "__pycache__", ".loop", ".tox", "*.pyc")


async def fix(folder: Path, command: str, budget: float, *, apply: bool = False, **overrides: Any) -> Json:
    """Search for the change after which a test command passes; nothing is written unless `apply`.

    Args:
        folder: a repository (its HEAD is what is tested) or a plain folder.
        command: the tests, such as `python -m pytest tests/test_cart.py`.
        budget: seconds for the search.
        apply: write the fix into the folder, where there is one and not several.
        overrides: settings that win over `loop.toml`.

    Returns:
        {status: "fix" | "alternatives" | "none" | "green", failing[], passing, error, candidates[{path, line,
        diff, template, agree}], behaviours, decider {call, gives[]}, tried, seconds, refused, applied}.

    Raises:
        Refused: the tests cannot be run, or what is to be applied does not fit.
        ConfigError: `loop.toml` cannot be read.
    """
    parsed(command)
    folder = folder.resolve()
    settings = load(folder, **overrides)
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="loop-fix-") as made:
        tree = Path(made) / "tree"
        await _copied(folder, tree)
        found = await _searched(settings, tree, command, budget)
        diffs = [_diff(tree, alternative) for alternative in found.alternatives]
        applied = apply and len(found.alternatives) == 1 and found.behaviours == 1
        if applied:
            _write(folder, tree, found.alternatives[0])
    return _told(found, diffs, time.monotonic() - began, applied)


async def _copied(folder: Path, tree: Path) -> None:
    """HEAD of a repository, else the folder's own files."""
    if (folder / ".git").exists():
        repository = Repository(folder)
        head = await repository.resolve("HEAD")
        if head is None:
            raise Refused("The repository has no commit yet; commit the code and its tests first.")
        try:
            await repository.export(head, tree)
        except GitError as error:
            raise Refused(f"{error}") from error
        return
    await asyncio.to_thread(shutil.copytree, folder, tree, symlinks=True, ignore=_SKIPPED)


async def _searched(settings: Settings, tree: Path, command: str, budget: float) -> Found:
    try:
        provider = await choose(settings.sandbox, settings.repo)
        async with await provider.open(Source(tree, label="fix")) as sandbox:
            return await search(sandbox, tree, command, budget)
    except SandboxError as error:
        raise Refused(str(error)) from error


def _diff(tree: Path, alternative: Alternative) -> str:
    before = (tree / alternative.path).read_bytes().decode("utf-8").splitlines(keepends=True)
    after = alternative.text.splitlines(keepends=True)
    lines = difflib.unified_diff(before, after, f"a/{alternative.path}", f"b/{alternative.path}")
    return "".join(line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines)


def _write(folder: Path, tree: Path, alternative: Alternative) -> None:
    target = folder / alternative.path
    if target.is_symlink() or not target.is_file() or target.read_bytes() != (tree / alternative.path).read_bytes():
        raise Refused(
            f"{alternative.path} is not as it was searched; commit or put away your changes and run it again."
        )
    target.write_bytes(alternative.text.encode())


def _told(found: Found, diffs: list[str], seconds: float, applied: bool) -> Json:
    status = "green" if not found.failing else "none"
    if found.alternatives:
        status = "fix" if found.behaviours == 1 else "alternatives"
    return {
        "status": status, "failing": list(found.failing), "passing": found.passing, "error": found.error,
        "candidates": [
            {"path": a.path, "line": a.line, "template": a.template, "agree": a.agree, "diff": diff}
            for a, diff in zip(found.alternatives, diffs, strict=True)
        ],
        "behaviours": found.behaviours, "decider": found.decider, "tried": found.tried, "seconds": round(seconds, 2),
        "refused": found.refused, "applied": applied,
    }  # fmt: skip
