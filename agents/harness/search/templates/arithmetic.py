"""Division by zero (PAR "Divide-by-zero checker")."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from agents.harness.search import siblings
from agents.harness.search.purpose import decides
from agents.harness.search.suspect import Candidate, Suspect, last_name


def zero_divisor(suspect: Suspect) -> Iterator[Candidate | None]:
    """`a / b` where b is 0."""
    for node in suspect.expressions:
        if not (isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div | ast.FloorDiv | ast.Mod)):
            continue
        divisor, value = suspect.source(node.right), suspect.source(node)
        if isinstance(node.right, ast.BinOp):
            divisor = f"({divisor})"
        word = last_name(node.right) or divisor
        for text, evidence, why in _defaults(suspect, node):
            yield suspect.candidate(
                suspect.replace(node, f"({value} if {divisor} else {text})"), f"Take {text} when {word} is 0", evidence,
                why, "guard of a division", silencing=evidence == 1, borrowed=decides(suspect.parents, node),
            )  # fmt: skip


def _defaults(suspect: Suspect, node: ast.BinOp) -> Iterator[tuple[str, int, str]]:
    words = {last_name(n) for n in ast.walk(node.right) if isinstance(n, ast.expr)} - {"", "len", "sum"}
    for guard in siblings.guards(suspect):
        divides = guard.used is not None and any(
            isinstance(n, ast.BinOp) and isinstance(n.op, ast.Div | ast.FloorDiv | ast.Mod)
            for n in ast.walk(guard.used)
        )
        tested = {last_name(n) for n in ast.walk(guard.tested) if isinstance(n, ast.expr)} - {"", "len", "sum"}
        if divides and suspect.known(guard.default):
            text = ast.unparse(guard.default)
            where = f"{guard.function.name}() in {guard.function.path} takes {text} for the same case"
            yield text, 3 if words & tested else 2, where
    yield "0", 1, "a value that nothing in the code speaks for"
