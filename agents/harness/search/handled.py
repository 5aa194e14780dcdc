"""Exceptions of the product that it raises on purpose, catches and answers: they are no faults."""

from __future__ import annotations

import ast

from agents.harness import Brief
from agents.harness.search.codemap import CodeMap, Function
from agents.harness.search.suspect import last_name


def answered(code: CodeMap, brief: Brief) -> str | None:
    """Why a failure is the product's own way of saying no, as a sentence; None where it may be a fault.

    Every occurrence was reported as handled; its exception is a class of the product, raised by a `raise` of the
    product; and a function on the stack catches it around the call and goes on to an answer of its own, instead of
    only logging it or raising further.
    """
    first = brief.occurrences[0]
    own = [frame for frame in first.frames if frame.path]
    if not own or not all(seen.handled for seen in brief.occurrences) or not code.classes(first.exception):
        return None
    crash = own[-1]
    raised = code.function_at(crash.path or "", crash.line, crash.function)
    if raised is None or not _raises(raised, first.exception):
        return None
    for frame in reversed(own):
        function = code.function_at(frame.path or "", frame.line, frame.function)
        if function is not None and _answers(code, function, frame.line, first.exception):
            return (
                f"{first.exception} is raised on purpose at {crash.path}:{crash.line}, and {function.name}() in "
                f"{function.path} catches it and answers; it is reported to be counted."
            )
    return None


def _raises(function: Function, exception: str) -> bool:
    for node in ast.walk(function.node):
        if isinstance(node, ast.Raise) and node.exc is not None:
            raised = node.exc.func if isinstance(node.exc, ast.Call) else node.exc
            if last_name(raised) == exception:
                return True
    return False


def _answers(code: CodeMap, function: Function, line: int, exception: str) -> bool:
    """Whether a function catches the exception around a line and makes something of it."""
    for node in ast.walk(function.node):
        if isinstance(node, ast.Try) and node.body[0].lineno <= line <= (node.body[-1].end_lineno or 0):
            for handler in node.handlers:
                if _named(handler) & _lineage(code, exception):
                    return _makes_something(handler)
    return False


def _named(handler: ast.ExceptHandler) -> set[str]:
    caught = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type] if handler.type else []
    return {last_name(kind) for kind in caught}


def _lineage(code: CodeMap, exception: str) -> set[str]:
    """The exception's class and those above it that are the product's own."""
    names: set[str] = set()
    waiting = [exception]
    while waiting:
        name = waiting.pop()
        for _, node in code.classes(name) if name not in names else ():
            names.add(name)
            waiting += [last_name(base) for base in node.bases]
    return names


def _makes_something(handler: ast.ExceptHandler) -> bool:
    """Whether it goes on to an answer: a value returned or kept; not only `raise`, `pass` or words in a log."""
    parts = [n for stmt in handler.body for n in ast.walk(stmt)]
    if any(isinstance(n, ast.Raise) for n in parts):
        return False
    return any(
        (isinstance(n, ast.Return | ast.Assign) and n.value is not None and not _is_none(n.value)) for n in parts
    )


def _is_none(value: ast.expr) -> bool:
    return isinstance(value, ast.Constant) and value.value is None
