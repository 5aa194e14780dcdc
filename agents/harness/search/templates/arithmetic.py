"""Division by zero (PAR "Divide-by-zero checker")."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from agents.harness.search import siblings
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
        for text, evidence, why, borrowed in _defaults(suspect, node):
            yield suspect.candidate(
                suspect.replace(node, f"({value} if {divisor} else {text})"), f"Take {text} when {word} is 0", evidence,
                why, "guard of a division", silencing=evidence == 1, borrowed=borrowed,
            )  # fmt: skip


def _defaults(suspect: Suspect, node: ast.BinOp) -> Iterator[tuple[str, int, str, bool]]:
    words = _words(node.right)
    for guard in siblings.guards(suspect):
        divides = guard.used is not None and any(
            isinstance(n, ast.BinOp) and isinstance(n.op, ast.Div | ast.FloorDiv | ast.Mod)
            for n in ast.walk(guard.used)
        )
        if divides and suspect.known(guard.default):
            text = ast.unparse(guard.default)
            where = f"{guard.function.name}() in {guard.function.path} takes {text} for the same case"
            alike = bool(words & _words(guard.tested))  # another division by something else says little of this one
            yield text, 3 if alike else 2, where, not alike or siblings.borrowed(suspect, node, guard)
    yield "0", 1, "a value that nothing in the code speaks for", False


def _words(node: ast.expr) -> set[str]:
    """What an expression is about: `seats` of `tenant["seats"]`, without what that is looked up in."""
    held = {n.value for n in ast.walk(node) if isinstance(n, ast.Subscript | ast.Attribute)}
    return {last_name(n) for n in ast.walk(node) if isinstance(n, ast.expr) and n not in held} - {"", "len", "sum"}
