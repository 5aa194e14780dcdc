"""Reading a field itself where the product has a function that reads it and knows when it is absent."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from agents.harness.search import siblings
from agents.harness.search.codemap import Function
from agents.harness.search.flow import bindings, calls_to
from agents.harness.search.purpose import Purpose, parents_of, purpose
from agents.harness.search.suspect import Candidate, Suspect, last_name
from agents.harness.search.templates.wrapping import required


def through_accessor(suspect: Suspect) -> Iterator[Candidate | None]:
    """`loan["renewals"]` where `renewals(loan)` gives it and guards against its absence."""
    for node in suspect.expressions:
        base, field = _read(node)
        if base is None or (suspect.exception == "KeyError" and repr(field) != suspect.message):
            continue
        for function in siblings.functions(suspect):
            if not _guards_field(function, field):
                continue
            changed = suspect.importing(suspect.replace(node, f"{function.name}({suspect.source(base)})"), function)
            if changed is not None:
                where = f"{function.name}() in {function.path}"
                yield suspect.candidate(
                    changed, f"Use {function.name}(), which handles a missing {field}", 4,
                    f"{where} gives it and guards against its absence", "sibling function",
                    borrowed=_other_purpose(suspect, node, function),
                )  # fmt: skip


def _read(node: ast.expr) -> tuple[ast.expr | None, str]:
    """What a field is read of, and the field: of `x["f"]`, `x.get("f")`, `x.f`."""
    if isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Constant) and isinstance(node.slice.value, str):
        return node.value, node.slice.value
    if isinstance(node, ast.Call) and last_name(node) and isinstance(node.func, ast.Attribute) and len(node.args) == 1:
        return (node.func.value, last_name(node)) if node.func.attr == "get" else (None, "")
    if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Load):
        return node.value, node.attr
    return None, ""


def _guards_field(function: Function, field: str) -> bool:
    """Whether all that a function does is to give that field of its one parameter, or something else without it."""
    if function.owner or function.nested or len(required(function)) != 1 or function.node.decorator_list:
        return False
    param = function.params[0]
    body = function.node.body[1:] if ast.get_docstring(function.node) else function.node.body
    if len(body) > 3 or any(isinstance(n, ast.For | ast.While | ast.With | ast.Raise) for n in ast.walk(function.node)):
        return False
    reads = [base for node in ast.walk(function.node) if (base := _field_of(node, field)) is not None]
    if not reads or any(not (isinstance(base, ast.Name) and base.id == param) for base in reads):
        return False
    return _gives(function, field) and _guarded(function, field)


def _field_of(node: ast.AST, field: str) -> ast.expr | None:
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "get" and node.args:
        return node.func.value if last_name(node) == field else None
    base, name = _read(node) if isinstance(node, ast.Subscript | ast.Attribute) else (None, "")
    return base if name == field else None


def _gives(function: Function, field: str) -> bool:
    """Whether the field itself is returned, not something reckoned from it."""
    for node in ast.walk(function.node):
        if not isinstance(node, ast.Return) or node.value is None:
            continue
        value = node.value
        parts = [value.body, value.orelse] if isinstance(value, ast.IfExp) else [value]
        parts += value.values if isinstance(value, ast.BoolOp) else []
        for part in parts:
            bound = list(bindings(function, part.id)) if isinstance(part, ast.Name) else [part]
            if any(_field_of(p, field) is not None for p in bound):
                return True
    return False


def _guarded(function: Function, field: str) -> bool:
    """Whether its absence is thought of: a test for it, a default of `get()`, or `or`."""
    for node in ast.walk(function.node):
        if isinstance(node, ast.Call) and _field_of(node, field) is not None and len(node.args) == 2:
            return True
        if isinstance(node, ast.BoolOp) and isinstance(node.op, ast.Or) and _field_of(node.values[0], field):
            return True
        if isinstance(node, ast.If | ast.IfExp) and (asked := siblings.tested_for_absence(node.test)):
            tested = [asked[0]]
            if isinstance(asked[0], ast.Name):
                tested = list(bindings(function, asked[0].id))
            if any(_field_of(part, field) is not None for part in tested):
                return True
        if isinstance(node, ast.If | ast.IfExp) and isinstance(node.test, ast.Compare):
            left = node.test.left
            if isinstance(left, ast.Constant) and left.value == field:
                return True
    return False


def _other_purpose(suspect: Suspect, node: ast.expr, function: Function) -> bool:
    """Whether what the function gives is only ever shown, or is text, where this value is reckoned with."""
    ours = purpose(suspect.parents, node)
    if ours not in (Purpose.RECKONED, Purpose.DECIDES):
        return False
    if ours is Purpose.DECIDES or (function.node.returns is not None and ast.unparse(function.node.returns) == "str"):
        return True
    uses = [
        purpose(parents_of(other.node), call)
        for other in siblings.functions(suspect) for call in calls_to(other, function.name)
    ]  # fmt: skip
    return bool(uses) and all(use is Purpose.SHOWN for use in uses)
