"""The regression test of a change: the calls that failed, and what they give now."""

from __future__ import annotations

import ast

from agents.harness.search.codemap import source_lines
from agents.harness.search.evaluate import Observed

_LONGEST = 300  # characters of a value worth asserting


def strengthened(source: str, observed: Observed) -> str:
    """The reproduction's test with each bare call compared with the value the change gives, where that is a literal."""
    tree = ast.parse(source)
    lines = source_lines(source)
    for (body, unittest), (kind, value) in reversed(list(zip(_bodies(tree), observed.seen, strict=False))):
        last = body[-1]
        text = _compared(last, lines, value, unittest) if kind == "value" and _literal(value) else ""
        if text:
            rows = text.split("\n")
            lines[last.lineno - 1 : last.end_lineno] = [f"{' ' * last.col_offset}{rows[0]}", *rows[1:]]
    return "\n".join(lines) + "\n"


def _bodies(tree: ast.Module) -> list[tuple[list[ast.stmt], bool]]:
    """The innermost statements of each test, and whether it is a method of a `unittest.TestCase`."""
    found = []
    for node in tree.body:
        inside = isinstance(node, ast.ClassDef)
        for each in node.body if isinstance(node, ast.ClassDef) else [node]:
            if isinstance(each, ast.FunctionDef) and each.name.startswith("test_"):
                body = each.body
                while isinstance(body[-1], ast.With):
                    body = body[-1].body
                found.append((body, inside))
    return found


def _compared(last: ast.stmt, lines: list[str], value: str, unittest: bool) -> str:
    """The last statement with the value in it; "" where it stays as it is."""
    if isinstance(last, ast.Assert) and last.msg is not None and isinstance(last.test, ast.Compare):
        status, _ = ast.literal_eval(value)
        return f"assert {ast.unparse(last.test.left)} == {status!r}, {ast.unparse(last.msg)}"
    if not isinstance(last, ast.Expr):
        return ""
    call = "\n".join(lines[last.lineno - 1 : last.end_lineno]).strip()
    constant = value in ("None", "True", "False")
    if unittest:
        return f"self.assertIs({call}, {value})" if constant else f"self.assertEqual({call}, {value})"
    return f"assert {call} is {value}" if constant else f"assert {call} == {value}"


def _literal(value: str) -> bool:
    if len(value) > _LONGEST:
        return False
    try:
        ast.literal_eval(value)
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return False
    return "nan" not in value
