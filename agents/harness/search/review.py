"""Reviewing without a model: what silences errors, what was never looked at."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from agents.harness import Brief, Diffed, Remark, Review
from agents.models import Severity


async def review(brief: Brief, diffed: Diffed) -> Review:
    """Look at a change."""
    remarks: list[Remark] = []
    for path in diffed.files:
        lines = set(diffed.changed_lines.get(path, ()))
        if not path.endswith(".py") or not (diffed.head_tree / path).is_file():
            continue
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
