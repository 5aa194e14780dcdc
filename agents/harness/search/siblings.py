"""How the same code base treats the same case elsewhere: the best evidence there is for a fix.

The plastic surgery hypothesis (Barr et al., 2014): most of what a change needs exists in the program already.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from agents.harness.search.codemap import Function
from agents.harness.search.purpose import Purpose, differs, parents_of, purpose
from agents.harness.search.suspect import Suspect, last_name, same


@dataclass(frozen=True)
class Guard:
    """Code elsewhere that treats an absent value: `X if E else D`, `if E is None: return D`."""

    function: Function
    tested: ast.expr  # E
    default: ast.expr  # D
    used: ast.expr | None  # X, for a conditional expression or the guarded function's own return
    purpose: Purpose = Purpose.PASSED  # what the conditional expression is for


def functions(suspect: Suspect) -> Iterator[Function]:
    """Every other function of the product, those of the same file first."""
    paths = [suspect.path, *(path for path in suspect.code.sources if path != suspect.path)]
    for path in paths:
        for function in suspect.code.functions(path):
            if not (path == suspect.path and function.node.lineno == suspect.function.node.lineno):
                yield function


def tested_for_absence(test: ast.expr) -> tuple[ast.expr, bool] | None:
    """What a test asks about and whether it is true when the value is absent."""
    if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
        inner = tested_for_absence(test.operand)
        return (inner[0], not inner[1]) if inner else None
    if isinstance(test, ast.Compare) and len(test.ops) == 1:
        right = test.comparators[0]
        if isinstance(right, ast.Constant) and right.value in (None, 0) and not isinstance(right.value, bool):
            if isinstance(test.ops[0], ast.Is | ast.Eq | ast.LtE):
                return test.left, True
            if isinstance(test.ops[0], ast.IsNot | ast.NotEq | ast.Gt):
                return test.left, False
        return None
    if isinstance(test, ast.Name | ast.Attribute | ast.Subscript | ast.Call):
        return test, False
    return None


def guards(suspect: Suspect) -> Iterator[Guard]:
    """Every guard of the product."""
    for function in functions(suspect):
        returns = [n.value for n in ast.walk(function.node) if isinstance(n, ast.Return) and n.value is not None]
        for node in ast.walk(function.node):
            if isinstance(node, ast.IfExp) and (asked := tested_for_absence(node.test)):
                absent, present = (node.body, node.orelse) if asked[1] else (node.orelse, node.body)
                yield Guard(function, asked[0], absent, present, purpose(parents_of(function.node), node))
            elif isinstance(node, ast.If) and (asked := tested_for_absence(node.test)) and asked[1]:
                first = node.body[0]
                if isinstance(first, ast.Return) and first.value is not None:
                    rest = [value for value in returns if value is not first.value]
                    yield Guard(function, asked[0], first.value, rest[-1] if rest else None)


def made_here(suspect: Suspect, value: ast.expr) -> bool:
    """Whether a value comes out of a function of the product, which may be what is at fault."""
    sources = [value]
    if isinstance(value, ast.Name):
        sources = [
            node.value for node in ast.walk(suspect.function.node)
            if isinstance(node, ast.Assign) and any(_same_name(target, value) for target in node.targets)
        ]  # fmt: skip
    called = {last_name(n.func) for source in sources if isinstance(n := _awaited(source), ast.Call)}
    called -= {"get", "pop", "setdefault"}  # of a dict
    return bool(called) and any(function.name in called for function in functions(suspect))


def _same_name(target: ast.expr, name: ast.Name) -> bool:
    """Whether an assignment's target is that name."""
    return isinstance(target, ast.Name) and target.id == name.id


def _awaited(node: ast.expr) -> ast.expr:
    return node.value if isinstance(node, ast.Await) else node


def call_of_sibling(suspect: Suspect, wanted: ast.expr, absent: ast.expr) -> Iterator[str]:
    """Calls of a function in the same file that gives `wanted` and guards against `absent`."""
    for guard in guards(suspect):
        function = guard.function
        if function.path != suspect.path or function.owner or function.nested or guard.used is None:
            continue
        if not same(guard.used, wanted) or last_name(guard.tested) != last_name(absent):
            continue
        if all(name in suspect.scope for name in function.params):
            yield f"{function.name}({', '.join(function.params)})"


def borrowed(suspect: Suspect, used: ast.expr, guard: Guard) -> bool:
    """Whether a guard's default serves another purpose than the value has here."""
    return differs(purpose(suspect.parents, used), guard.purpose)


def defaults_for(suspect: Suspect, used: ast.expr, absent: ast.expr) -> Iterator[tuple[ast.expr, int, str, bool]]:
    """Defaults that other code takes where the same value is absent: with evidence, why, and whether it is borrowed."""
    for guard in guards(suspect):
        if last_name(guard.tested) != last_name(absent) or guard.used is None or not suspect.known(guard.default):
            continue
        where = f"{guard.function.name}() in {guard.function.path}"
        if same(guard.used, used) or (
            isinstance(used, ast.Attribute | ast.Subscript) and last_name(guard.used) == last_name(used) != ""
        ):
            why = f"{where} takes {ast.unparse(guard.default)} for it"
            yield guard.default, 3, why, borrowed(suspect, used, guard)


def gets(suspect: Suspect, key: object | None, used: ast.Subscript) -> Iterator[tuple[ast.expr | None, str, bool]]:
    """Defaults of `.get(key, D)` elsewhere (None where it has none), where, and whether they are for the same purpose.

    They are where the key is this very one and not merely of the same mapping, and is used in the same way.
    """
    mapping, ours = used.value, purpose(suspect.parents, used)
    for function in functions(suspect):
        for node in ast.walk(function.node):
            if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "get"):
                continue
            if not 1 <= len(node.args) <= 2:
                continue
            by_key = key is not None and isinstance(node.args[0], ast.Constant) and node.args[0].value == key
            by_mapping = isinstance(mapping, ast.Name) and same(node.func.value, mapping)
            if by_key or by_mapping:
                default = node.args[1] if len(node.args) == 2 else None
                if default is None or suspect.known(default):
                    theirs = purpose(parents_of(function.node), node)
                    yield default, f"{function.name}() in {function.path}", by_key and not differs(ours, theirs)
