"""Reviewing without a model: what ruff says of the changed lines, what silences errors, what was never looked at."""

from __future__ import annotations

import ast
import asyncio
import json
import sys
from collections.abc import Iterator
from pathlib import Path

from agents.harness import Brief, Diffed, Remark, Review
from agents.models import Severity

_RULES = "E9,F,B,S102,S301,S307,S602,S605,S608,BLE"


async def review(brief: Brief, diffed: Diffed) -> Review:
    """Look at a change."""
    remarks: list[Remark] = []
    for path in diffed.files:
        lines = set(diffed.changed_lines.get(path, ()))
        if not path.endswith(".py") or not (diffed.head_tree / path).is_file():
            continue
        remarks += await _ruff(diffed, path, lines)
        remarks += _silences(diffed.head_tree / path, path, lines)
    product = [path for path in diffed.files if not path.rsplit("/", 1)[-1].startswith("test_")]
    unread = [path for path in product if diffed.opened and path not in diffed.opened]
    remarks += [Remark(Severity.SHOULD_FIX, "This file was changed without having been read.", path) for path in unread]
    await brief.transcript.step(
        "review",
        f"{len(remarks)} remarks",
        "\n".join(f"{r.severity.value}: {r.path}:{r.line} {r.text}" for r in remarks),
    )
    return Review(tuple(remarks))


async def _ruff(diffed: Diffed, path: str, lines: set[int]) -> list[Remark]:
    """Findings on changed lines that the base did not have."""
    head = await _findings(diffed.head_tree / path)
    known = {(rule, text) for rule, text, _ in await _findings(diffed.base_tree / path)}
    return [
        Remark(
            Severity.SHOULD_FIX if rule.startswith(("S", "BLE")) else Severity.MUST_FIX, f"{rule}: {text}", path, line
        )
        for rule, text, line in head
        if line in lines and (rule, text) not in known
    ]


async def _findings(file: Path) -> list[tuple[str, str, int]]:
    if not file.is_file():
        return []
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "ruff", "check", "--isolated", "--no-cache", "--select", _RULES, "--output-format",
        "json", "--stdin-filename", "file.py", "-", stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    out, _ = await process.communicate(await asyncio.to_thread(file.read_bytes))
    try:
        found = json.loads(out or b"[]")
    except ValueError:
        return []
    return [(str(f["code"]), str(f["message"]), int(f["location"]["row"])) for f in found]


def _silences(file: Path, path: str, lines: set[int]) -> Iterator[Remark]:
    """Handlers on changed lines that catch everything or do nothing."""
    try:
        tree = ast.parse(file.read_text(encoding="utf-8"))
    except (SyntaxError, ValueError):
        yield Remark(Severity.MUST_FIX, "This is no valid Python.", path, 1)
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.ExceptHandler) and node.lineno in lines:
            if node.type is None or ast.unparse(node.type) in ("Exception", "BaseException"):
                yield Remark(
                    Severity.SHOULD_FIX,
                    "This catches every error, also those nobody has thought of.",
                    path,
                    node.lineno,
                )
            if all(isinstance(part, ast.Pass | ast.Continue) for part in node.body):
                yield Remark(Severity.SHOULD_FIX, "This hides the error without a trace.", path, node.lineno)
