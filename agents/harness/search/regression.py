"""The regression test of a change: the calls that failed, and what they give now."""

from __future__ import annotations

import ast

from agents.harness.search.codemap import source_lines
from agents.harness.search.evaluate import Observed

_LONGEST = 300  # characters of a value worth asserting


def strengthened(source: str, observed: Observed) -> str:
    """The reproduction's test with each bare call compared with the value the change gives, where that is a literal."""
    tree = ast.parse(source)
    tests = [n for n in tree.body if isinstance(n, ast.FunctionDef) and n.name.startswith("test_")]
    lines = source_lines(source)
    for node, (kind, value) in reversed(list(zip(tests, observed.seen, strict=False))):
        last = node.body[-1]
        if kind != "value" or not isinstance(last, ast.Expr) or not _literal(value):
            continue
        indent = " " * last.col_offset
        call = "\n".join(lines[last.lineno - 1 : last.end_lineno]).strip()
        comparison = f"{call} is {value}" if value in ("None", "True", "False") else f"{call} == {value}"
        lines[last.lineno - 1 : last.end_lineno] = [f"{indent}assert {comparison}"]
    return "\n".join(lines) + "\n"


def _literal(value: str) -> bool:
    if len(value) > _LONGEST:
        return False
    try:
        ast.literal_eval(value)
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return False
    return "nan" not in value
