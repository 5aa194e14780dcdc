"""Making a name of the product known in another of its files."""

from __future__ import annotations

import ast

from agents.harness.search.codemap import CodeMap, Function, source_lines
from agents.harness.search.flow import file_of, imports


def reachable(code: CodeMap, path: str, function: Function) -> bool:
    """Whether a file can import a function without the two needing each other."""
    if function.path == path:
        return True
    seen, waiting = set(), [function.path]
    while waiting:
        here = waiting.pop()
        if here == path:
            return False
        if here not in seen:
            seen.add(here)
            found = (file_of(code, node.module or "") for node in imports(code, here))
            waiting += [other for other in found if other is not None]
    return True


def with_name(text: str, module: str, name: str) -> str | None:
    """A file's text in which a module's name is imported; None where the name means something else already."""
    tree = ast.parse(text)
    last: ast.stmt | None = None
    for node in tree.body:
        if isinstance(node, ast.ImportFrom) and any((a.asname or a.name) == name for a in node.names):
            return text if _same_module(node, module) else None
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) and node.name == name:
            return None
        if isinstance(node, ast.Import | ast.ImportFrom):
            last = node
    if any(isinstance(n, ast.Name) and n.id == name and isinstance(n.ctx, ast.Store) for n in ast.walk(tree)):
        return None
    rows = source_lines(text, ends=True)
    for node in tree.body:
        if isinstance(node, ast.ImportFrom) and _same_module(node, module) and node.lineno == node.end_lineno:
            head, _, names = rows[node.lineno - 1].partition(" import ")
            if names.strip() and not set("(#\\;") & set(names):
                ordered = sorted([*(part.strip() for part in names.split(",")), name])
                rows[node.lineno - 1] = f"{head} import {', '.join(ordered)}\n"
                return "".join(rows)
    line = f"from {module} import {name}\n"
    if last is not None and last.end_lineno is not None:
        gap = ["\n"] if isinstance(last, ast.ImportFrom) and last.module == "__future__" else []
        return "".join([*rows[: last.end_lineno], *gap, line, *rows[last.end_lineno :]])
    first = tree.body[0] if tree.body else None
    docstring = isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant)
    at = (first.end_lineno or 0) if first is not None and docstring else 0
    return "".join([*rows[:at], *(["\n"] if at else []), line, *([] if at else ["\n"]), *rows[at:]])


def _same_module(node: ast.ImportFrom, module: str) -> bool:
    if node.level == 0:
        return node.module == module
    return node.module is not None and f".{module}".endswith(f".{node.module}")
