"""What a caller does around a call: a guard that the other callers have, and what a comparison with nothing means."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from agents.harness.search import siblings
from agents.harness.search.codemap import Function
from agents.harness.search.flow import calls_to, resolve
from agents.harness.search.purpose import parents_of, purpose
from agents.harness.search.suspect import Candidate, Suspect, last_name, same

_EXTREMES = {"max": (ast.Lt, ast.LtE), "min": (ast.Gt, ast.GtE)}


def guarded_as_elsewhere(suspect: Suspect) -> Iterator[Candidate | None]:
    """A call before which every other caller makes sure of something: `if not xs: return []`."""
    for call, callee in _calls(suspect):
        found: dict[tuple[str, str], tuple[str, bool]] = {}
        calls = [(f, other) for f in siblings.functions(suspect) for other in calls_to(f, callee.name)]
        for function, other in calls:
            alike = _alike(suspect, call, function, other)
            for test, value in _guards_before(function, other):
                text = _substituted(suspect, test, other, call)
                if text is not None and suspect.known(value):
                    found.setdefault((text, ast.unparse(value)), (function.name, alike))
        for (asked, value_text), (where, alike) in found.items():
            changed = suspect.insert_before(suspect.statement, [f"if {asked}:", f"    return {value_text}"])
            yield suspect.candidate(
                changed, f"Return {value_text} when {asked}", 3 if len(found) == 1 else 2,
                f"{where}() asks this before it calls {callee.name}()", "guard as elsewhere",
                borrowed=len(calls) > 1 or not alike,
            )  # fmt: skip


def _alike(suspect: Suspect, ours: ast.Call, function: Function, theirs: ast.Call) -> bool:
    """Whether two callers say that they give the same kind of value, and use what they call for in the same way."""
    mine, other = suspect.function.node.returns, function.node.returns
    used = purpose(suspect.parents, ours), purpose(parents_of(function.node), theirs)
    return mine is not None and other is not None and same(mine, other) and used[0] is used[1]


def _calls(suspect: Suspect) -> Iterator[tuple[ast.Call, Function]]:
    for node in suspect.expressions:
        if isinstance(node, ast.Call) and (callee := resolve(suspect.code, suspect.function, node)) is not None:
            yield node, callee


def _guards_before(function: Function, call: ast.Call) -> Iterator[tuple[ast.expr, ast.expr]]:
    """(test, what is returned) of the early returns above a call that ask about what it is given."""
    given = [a for a in call.args if isinstance(a, ast.Name | ast.Attribute | ast.Subscript)]
    for stmt in function.node.body:
        if stmt.lineno >= call.lineno:
            return
        if isinstance(stmt, ast.If) and len(stmt.body) == 1 and isinstance(stmt.body[0], ast.Return):
            value = stmt.body[0].value
            if value is not None and any(same(part, a) for a in given for part in ast.walk(stmt.test)):
                yield stmt.test, value


def _substituted(suspect: Suspect, test: ast.expr, theirs: ast.Call, ours: ast.Call) -> str | None:
    """Their test about their arguments, as a test about ours; None where it is about more."""
    text = ast.unparse(test)
    for their, our in zip(theirs.args, ours.args, strict=False):
        text = text.replace(ast.unparse(their), ast.unparse(our))
    try:
        parsed = ast.parse(text, mode="eval").body
    except SyntaxError:
        return None
    return text if suspect.known(parsed) else None


def relative_to_none(suspect: Suspect) -> Iterator[Candidate | None]:
    """Items of a collection chosen by comparing them with the largest of a part of it, which has none.

    `x < max(S)` says that something in S is above x: with S empty nothing is chosen. Only where the same field of
    the items is compared and the choice is what is returned; a limit of another kind is a person's to decide.
    """
    for call, callee in _calls(suspect):
        extreme = _extreme(callee)
        if extreme is None or not isinstance(suspect.statement, ast.Assign) or suspect.statement.value is not call:
            continue
        kind, field, items = extreme
        limit = suspect.statement.targets[0]
        chosen = [n for n in ast.walk(suspect.function.node) if isinstance(n, ast.Return)]
        if len(chosen) != 1 or not isinstance(limit, ast.Name) or callee.path != suspect.path:
            continue
        empty = _empty(chosen[0].value)
        text = ast.unparse(items)
        for param, given in zip(callee.params, call.args, strict=False):
            text = _renamed(text, param, ast.unparse(given))
        if empty is None or not _chooses(chosen[0].value, limit.id, kind, field):
            continue
        if not suspect.known(ast.parse(text, mode="eval").body):
            continue
        changed = suspect.insert_before(suspect.statement, [f"if not {text}:", f"    return {empty}"])
        yield suspect.candidate(
            changed, f"Return {empty} when {text} is empty", 3,
            f"what is chosen is {'below' if kind == 'max' else 'above'} one of {text}, and there is none",
            "nothing to compare with",
        )  # fmt: skip


def _extreme(function: Function) -> tuple[str, str, ast.expr] | None:
    """`max`, the field and the items of a function that returns `max(x["f"] for x in items)`."""
    body = function.node.body[1:] if ast.get_docstring(function.node) else function.node.body
    value = body[0].value if len(body) == 1 and isinstance(body[0], ast.Return) else None
    if not (isinstance(value, ast.Call) and isinstance(value.func, ast.Name) and value.func.id in _EXTREMES):
        return None
    made = value.args[0] if len(value.args) == 1 and not value.keywords else None
    if not isinstance(made, ast.GeneratorExp | ast.ListComp) or len(made.generators) != 1 or made.generators[0].ifs:
        return None
    field = last_name(made.elt)
    return (
        (value.func.id, field, made.generators[0].iter) if isinstance(made.elt, ast.Subscript | ast.Attribute) else None
    )


def _empty(value: ast.expr | None) -> str | None:
    kinds: dict[type, str] = {ast.ListComp: "[]", ast.SetComp: "set()", ast.DictComp: "{}"}
    return kinds.get(type(value))


def _chooses(value: ast.expr | None, limit: str, kind: str, field: str) -> bool:
    """Whether a comprehension keeps only items whose field is on the inner side of the limit."""
    if not isinstance(value, ast.ListComp | ast.SetComp | ast.DictComp):
        return False
    tests = [part for generator in value.generators for test in generator.ifs for part in _conjuncts(test)]
    return any(
        isinstance(test, ast.Compare) and len(test.ops) == 1 and isinstance(test.ops[0], _EXTREMES[kind])
        and isinstance(test.comparators[0], ast.Name) and test.comparators[0].id == limit
        and last_name(test.left) == field
        for test in tests
    )  # fmt: skip


def _conjuncts(test: ast.expr) -> list[ast.expr]:
    return test.values if isinstance(test, ast.BoolOp) and isinstance(test.op, ast.And) else [test]


def _renamed(text: str, name: str, to: str) -> str:
    tree = ast.parse(text, mode="eval")
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and node.id == name:
            node.id = to
    return ast.unparse(tree)
