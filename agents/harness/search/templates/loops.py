"""Loops that change what they go through, or look past its end (PAR "Range Checker"; TBar FP4)."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from agents.harness.search.suspect import Candidate, Suspect, same

_HARMLESS = (ast.Break, ast.Continue, ast.Pass)


def changed_while_iterated(suspect: Suspect) -> Iterator[Candidate | None]:
    """`for k in d:` whose body changes d: go through a copy."""
    if "changed size during iteration" not in suspect.message and "mutated during iteration" not in suspect.message:
        return
    near = [suspect.statement, *suspect.ancestors(suspect.statement), *ast.walk(suspect.statement)]
    for node in near:
        if isinstance(node, ast.For | ast.comprehension) and not _copied(node.iter):
            yield suspect.candidate(
                suspect.replace(node.iter, f"list({suspect.source(node.iter)})"), "Go through a copy", 4,
                "what is gone through changes meanwhile; a copy gives the same items", "snapshot",
            )  # fmt: skip
            return


def _copied(node: ast.expr) -> bool:
    return (
        isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ("list", "tuple", "sorted")
    )


def neighbours(suspect: Suspect) -> Iterator[Candidate | None]:
    """`for i in range(len(xs)):` with `xs[i + 1]`: end one earlier.

    Only where the last round can do nothing but fail or stop: each statement before the failing one only tests, so that
    whatever went well before goes as it went.
    """
    loop = next((n for n in suspect.ancestors(suspect.statement) if isinstance(n, ast.For)), None)
    if loop is None or suspect.statement not in loop.body or not isinstance(loop.target, ast.Name) or loop.orelse:
        return
    items = _indexed_whole(loop.iter)
    if items is None or not any(_reads_next(node, items, loop.target.id) for node in suspect.expressions):
        return
    before = loop.body[: loop.body.index(suspect.statement)]
    if not all(_only_tests(stmt) for stmt in before):
        return
    assert isinstance(loop.iter, ast.Call)
    last = loop.iter.args[-1]
    yield suspect.candidate(
        suspect.replace(last, f"{suspect.source(last)} - 1"), "End the loop one earlier", 3,
        f"each round needs the item after its own, and the last of {ast.unparse(items)} has none", "off by one",
    )  # fmt: skip


def _indexed_whole(node: ast.expr) -> ast.expr | None:
    """`xs` of `range(len(xs))` and of `range(n, len(xs))`."""
    if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "range"):
        return None
    last = node.args[-1] if 1 <= len(node.args) <= 2 else None
    if isinstance(last, ast.Call) and isinstance(last.func, ast.Name) and last.func.id == "len" and last.args:
        return last.args[0]
    return None


def _reads_next(node: ast.expr, items: ast.expr, index: str) -> bool:
    if not (isinstance(node, ast.Subscript) and same(node.value, items) and isinstance(node.slice, ast.BinOp)):
        return False
    step = node.slice
    one = isinstance(step.right, ast.Constant) and step.right.value == 1
    return one and isinstance(step.op, ast.Add) and isinstance(step.left, ast.Name) and step.left.id == index


def _only_tests(stmt: ast.stmt) -> bool:
    """Whether a statement leaves nothing behind: `if` around `break`, `continue` and `pass`, and nothing is called."""
    if not isinstance(stmt, ast.If):
        return isinstance(stmt, _HARMLESS)
    calls = [n for n in ast.walk(stmt.test) if isinstance(n, ast.Call)]
    pure = all(isinstance(n.func, ast.Name) and n.func.id == "len" for n in calls)
    return pure and all(_only_tests(inner) for inner in [*stmt.body, *stmt.orelse])
