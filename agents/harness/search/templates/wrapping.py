"""What is done to a value everywhere else and not here: keys that are normalised, text that is converted by a function.

TBar FP7 and FP10 (mutate conversions and calls), with the ingredient taken from the code base.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import replace

from agents.harness.search import siblings
from agents.harness.search.codemap import Function
from agents.harness.search.flow import arguments, bindings, calls_to, resolve
from agents.harness.search.suspect import Candidate, Suspect, last_name, same

_TEXTUAL = {"lower", "upper", "strip", "lstrip", "rstrip", "casefold", "title"}
_CONVERSIONS = {"int", "float", "Decimal", "Fraction", "fromisoformat", "strptime", "fromtimestamp", "UUID", "loads"}
_WITHOUT_MEANING = set(" \t\n_'\"€$£¥")  # around a number; a sign of a unit changes what the number means
_RAW = "{}"
_Way = tuple[str, Function | None]  # the wrapper as text with {}, and the product's function in it


def keys_as_elsewhere(suspect: Suspect) -> Iterator[Candidate | None]:
    """A lookup with a raw key in a table that every other function asks with a normalised one."""
    for table, key in _accesses(suspect.function):
        if not _shared(suspect, table) or _way(suspect, suspect.function, key)[0] != _RAW:
            continue
        ways = [
            _way(suspect, function, other)
            for function in siblings.functions(suspect) if function.path == suspect.path
            for where, other in _accesses(function)
            if same(where, table) and not isinstance(other, ast.Constant) and not _own_key(function, table, other)
        ]  # fmt: skip
        yield from _as_others(suspect, key, ways, f"{ast.unparse(table)} is asked with it")


def _as_others(suspect: Suspect, value: ast.expr, ways: list[_Way], fact: str) -> Iterator[Candidate | None]:
    found = {way[0]: way[1] for way in ways}
    if set(found) == {_RAW}:
        return
    for way, function in found.items():
        if way == _RAW or (function is not None and function.node is suspect.function.node):
            continue
        changed: str | None = suspect.replace(value, way.replace(_RAW, suspect.source(value)))
        if function is not None and changed is not None:
            changed = suspect.importing(changed, function)
        if changed is not None:
            every = len(found) == 1
            label = f"Take {way.replace(_RAW, suspect.source(value))} as everywhere else"
            why = f"{fact} {'in every other place' if every else 'in other places'}"
            yield suspect.candidate(changed, label, 4 if every else 2, why, "as elsewhere", borrowed=not every)


def _accesses(function: Function) -> Iterator[tuple[ast.expr, ast.expr]]:
    """Each lookup of a function: the table and the key."""
    for node in ast.walk(function.node):
        if isinstance(node, ast.Subscript) and not isinstance(node.slice, ast.Slice):
            yield node.value, node.slice
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.args:
            if node.func.attr in ("get", "pop", "setdefault"):
                yield node.func.value, node.args[0]
        elif isinstance(node, ast.Compare) and len(node.ops) == 1 and isinstance(node.ops[0], ast.In | ast.NotIn):
            yield node.comparators[0], node.left


def _shared(suspect: Suspect, table: ast.expr) -> bool:
    """Whether a table is of the module or of the object, so that others ask the same one."""
    if isinstance(table, ast.Name):
        return table.id in suspect.globals and table.id not in suspect.function.params
    return isinstance(table, ast.Attribute) and isinstance(table.value, ast.Name) and table.value.id == "self"


def _own_key(function: Function, table: ast.expr, key: ast.expr) -> bool:
    """Whether a key comes out of the table itself."""
    return isinstance(key, ast.Name) and any(
        same(part, table) for value in bindings(function, key.id) for part in ast.walk(value)
    )


def _way(suspect: Suspect, function: Function, value: ast.expr, depth: int = 3) -> _Way:
    """What a value went through on its way: `normalise({})`, `{}.lower()`."""
    if isinstance(value, ast.Name) and depth:
        bound = list(bindings(function, value.id))
        return _way(suspect, function, bound[0], depth - 1) if len(bound) == 1 else (_RAW, None)
    if not isinstance(value, ast.Call):
        return _RAW, None
    if isinstance(value.func, ast.Attribute) and value.func.attr in _TEXTUAL and not value.args:
        inner, made = _way(suspect, function, value.func.value, depth)
        return f"{inner}.{value.func.attr}()", made
    if isinstance(value.func, ast.Name) and len(value.args) == 1 and not value.keywords:
        if value.func.id in ("str", "int"):
            return f"{value.func.id}({_RAW})", None
        if (made := resolve(suspect.code, function, value)) is not None and not made.owner:
            return f"{made.name}({_RAW})", made
    return _RAW, None


def argument_as_elsewhere(suspect: Suspect) -> Iterator[Candidate | None]:
    """A caller that gives raw what every other caller normalises first."""
    if not suspect.outward:
        return
    for node in suspect.expressions:
        callee = resolve(suspect.code, suspect.function, node) if isinstance(node, ast.Call) else None
        if callee is None or not isinstance(node, ast.Call):
            continue
        for param in callee.params:
            for value in arguments(callee, node, {param}):
                if _way(suspect, suspect.function, value)[0] != _RAW or isinstance(value, ast.Constant):
                    continue
                ways = [
                    _way(suspect, function, other)
                    for function in siblings.functions(suspect) if function.node is not callee.node
                    for call in calls_to(function, callee.name) for other in arguments(callee, call, {param})
                ]  # fmt: skip
                yield from _as_others(suspect, value, ways, f"{callee.name}() is called with it")


def own_conversion(suspect: Suspect) -> Iterator[Candidate | None]:
    """A plain conversion where the product has a function that does the same conversion and knows more."""
    within = suspect.expressions if suspect.place is None else [*ast.walk(suspect.function.node)]
    for node in within:
        if not isinstance(node, ast.Call) or not node.args or last_name(node.func) not in _CONVERSIONS:
            continue
        for function in siblings.functions(suspect):
            given = _converts(suspect, function, last_name(node.func))
            rest = [name for name in required(function) if name != given]
            if given is None or not all(name in suspect.scope - suspect.globals for name in rest):
                continue
            value = suspect.source(node.args[0])
            call = f"{function.name}({', '.join(value if n == given else n for n in [given, *rest])})"
            if required(function)[:1] != [given]:
                call = f"{function.name}({', '.join(f'{n}={value if n == given else n}' for n in [given, *rest])})"
            whole = suspect.chain(node)
            for replaced in [node] if whole is node else [node, whole]:
                yield _converted_by(suspect, replaced, function, call, rest)


def _converted_by(
    suspect: Suspect, replaced: ast.expr, function: Function, call: str, rest: list[str]
) -> Candidate | None:
    changed = suspect.importing(suspect.replace(replaced, call), function)
    if changed is None:
        return None
    ignored = any(not _reads(suspect.function, name) for name in rest)
    why = f"{function.name}() in {function.path} converts it and knows more" + (
        f"; {' and '.join(rest)} is given here and never read" if ignored else ""
    )
    made = suspect.candidate(changed, f"Convert with {function.name}()", 4, why, "own conversion")
    return replace(made, means_more=ignored) if made is not None else None


def required(function: Function) -> list[str]:
    """The parameters that have no default."""
    args = function.node.args
    positional = [*args.posonlyargs, *args.args]
    needed = positional[: len(positional) - len(args.defaults)] if args.defaults else positional
    only = [a for a, d in zip(args.kwonlyargs, args.kw_defaults, strict=True) if d is None]
    return [a.arg for a in [*needed, *only]]


def _reads(function: Function, name: str) -> bool:
    return any(isinstance(n, ast.Name) and n.id == name for n in ast.walk(function.node))


def _converts(suspect: Suspect, function: Function, conversion: str) -> str | None:
    """The parameter that a function converts in that way and gives back; None where it does not."""
    node = function.node
    if function.owner or function.nested or node.args.vararg or node.args.kwarg or not function.params:
        return None
    mine, theirs = suspect.function.node.returns, node.returns
    if theirs is not None and "None" in ast.unparse(theirs) and (mine is None or "None" not in ast.unparse(mine)):
        return None
    returned = [n.value for n in ast.walk(node) if isinstance(n, ast.Return) and n.value is not None]
    for value in returned:
        parts = [value, *(b for n in ast.walk(value) if isinstance(n, ast.Name) for b in bindings(function, n.id))]
        for call in (n for part in parts for n in _unreckoned(part) if isinstance(n, ast.Call) and n.args):
            if last_name(call.func) == conversion and (names := _names(call.args[0]) & set(function.params)):
                return sorted(names)[0] if len(names) == 1 else None
    return None


def _unreckoned(node: ast.AST) -> Iterator[ast.AST]:
    """The parts of an expression that nothing is reckoned with: `float(x) / 100` is another value than `float(x)`."""
    yield node
    for child in ast.iter_child_nodes(node):
        if not isinstance(node, ast.BinOp):
            yield from _unreckoned(child)


def stripped_elsewhere(suspect: Suspect) -> Iterator[Candidate | None]:
    """`float(text)` where another function converts what it strips first; a sign that has a meaning is asked."""
    for node in suspect.expressions:
        if not isinstance(node, ast.Call) or len(node.args) != 1 or last_name(node.func) not in _CONVERSIONS:
            continue
        for function in siblings.functions(suspect):
            for other in calls_to(function, last_name(node.func)):
                inner = other.args[0] if len(other.args) == 1 else None
                if not isinstance(inner, ast.Call) or not isinstance(inner.func, ast.Attribute):
                    continue
                signs = [a.value for a in inner.args if isinstance(a, ast.Constant) and isinstance(a.value, str)]
                if not re.fullmatch(r"[lr]?strip|remove(pre|suf)fix", inner.func.attr) or len(signs) != len(inner.args):
                    continue
                given = suspect.source(node.args[0])
                cleaned = f"{given}.{inner.func.attr}({', '.join(ast.unparse(a) for a in inner.args)})"
                yield suspect.candidate(
                    suspect.replace(node.args[0], cleaned), f"Convert {cleaned}", 3,
                    f"{function.name}() in {function.path} strips the same before it converts", "as elsewhere",
                    borrowed=not set("".join(signs)) <= _WITHOUT_MEANING,
                )  # fmt: skip


def _names(node: ast.expr) -> set[str]:
    return {n.id for n in ast.walk(node) if isinstance(n, ast.Name)}


def mixed_offsets(suspect: Suspect) -> Iterator[Candidate | None]:
    """Times with and without an offset: read by the function that gives one, or said to be UTC as elsewhere."""
    if "offset-naive" not in suspect.message:
        return
    yield from own_conversion(suspect)
    aware = re.search(r"\b(timezone\.utc|UTC|datetime\.UTC)\b", suspect.text)
    zone = aware[1] if aware else None
    for node in ast.walk(suspect.function.node):
        if not isinstance(node, ast.Call) or zone is None:
            continue
        name = last_name(node.func)
        if name == "now" and not node.args and not node.keywords:
            yield suspect.candidate(
                suspect.replace(node, f"{suspect.source(node.func)}({zone})"), "Take the time with its offset", 3,
                f"times are in {zone} elsewhere in this file", "time zone",
            )  # fmt: skip
        elif name == "utcnow":
            now = suspect.source(node.func).removesuffix("utcnow") + f"now({zone})"
            yield suspect.candidate(
                suspect.replace(node, now), "Take the time with its offset", 4,
                "utcnow() is UTC and does not say so", "time zone",
            )  # fmt: skip
        elif name in ("fromisoformat", "strptime"):
            text = f"{suspect.source(node)}.replace(tzinfo={zone})"
            yield suspect.candidate(
                suspect.replace(node, text), "Say that times without an offset are UTC", 1,
                "nothing says which zone these times are in", "time zone", silencing=True,
            )  # fmt: skip
