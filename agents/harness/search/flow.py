"""Where a value came from: through names and loops, to the functions that made it and the callers that gave it."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from agents.harness import Frame
from agents.harness.search.codemap import CodeMap, Function

_DEPTH = 4  # steps back through names
_PLACES = 8


@dataclass(frozen=True)
class Place:
    """A function that a change could go to, with the line that matters there.

    `outward`: how many frames out of the crash it is called from (0: it runs below the crashing frame).
    """

    function: Function
    line: int
    vars: dict[str, Any]
    outward: int


def resolve(code: CodeMap, caller: Function, call: ast.Call) -> Function | None:
    """The product's function that a call names; None when it is none, or more than one could be meant."""
    func = call.func
    if isinstance(func, ast.Name):
        return _named(code, caller.path, func.id)
    if not isinstance(func, ast.Attribute):
        return None
    if isinstance(func.value, ast.Name):
        if caller.owner and caller.params[:1] == [func.value.id]:
            own = [f for f in code.functions(caller.path) if f.owner == caller.owner and f.name == func.attr]
            return own[0] if own else None
        path = _module_path(code, caller.path, func.value.id)
        if path is not None:
            return _top_level(code, path, func.attr)
    methods = [f for path in code.sources for f in code.functions(path) if f.owner and f.name == func.attr]
    return methods[0] if len(methods) == 1 else None


def _top_level(code: CodeMap, path: str, name: str) -> Function | None:
    return next((f for f in code.functions(path) if f.name == name and not f.owner and not f.nested), None)


def _named(code: CodeMap, path: str, name: str) -> Function | None:
    if (here := _top_level(code, path, name)) is not None:
        return here
    for node in imports(code, path):
        for alias in node.names:
            if (alias.asname or alias.name) == name and (other := file_of(code, node.module or "")) is not None:
                return _top_level(code, other, alias.name)
    return None


def imports(code: CodeMap, path: str) -> Iterator[ast.ImportFrom]:
    """The `from … import …` statements of a file."""
    parsed = code.parse(path)
    if parsed is not None:
        yield from (n for n in ast.walk(parsed[1]) if isinstance(n, ast.ImportFrom))


def file_of(code: CodeMap, module: str) -> str | None:
    """The product's file of a module's name, which may be relative; None when it is none or not the only one."""
    found = [path for path in code.sources if module and f".{code.module(path)}".endswith(f".{module}")]
    return found[0] if len(found) == 1 else None


def _module_path(code: CodeMap, path: str, name: str) -> str | None:
    parsed = code.parse(path)
    for node in ast.walk(parsed[1]) if parsed else ():
        if isinstance(node, ast.Import | ast.ImportFrom):
            for alias in node.names:
                if (alias.asname or alias.name) == name:
                    return file_of(code, alias.name)
    return None


def bindings(function: Function, name: str) -> Iterator[ast.expr]:
    """The expressions that a local name takes its values from: assignments, and what loops go through."""
    for node in ast.walk(function.node):
        if isinstance(node, ast.Assign):
            targets = node.targets
        elif isinstance(node, ast.AnnAssign | ast.NamedExpr | ast.For | ast.AsyncFor | ast.comprehension):
            targets = [node.target]
        else:
            continue
        value = node.iter if isinstance(node, ast.For | ast.AsyncFor | ast.comprehension) else node.value
        if value is not None and any(_binds(target, name) for target in targets):
            yield value


def _binds(target: ast.expr, name: str) -> bool:
    return any(isinstance(n, ast.Name) and n.id == name for n in ast.walk(target))


def calls_behind(function: Function, roots: Sequence[ast.AST]) -> tuple[list[ast.Call], set[str]]:
    """The calls that the values of some expressions come from, nearest first, and the parameters they come from."""
    calls: list[ast.Call] = []
    params: set[str] = set()
    seen: set[str] = set()
    level = list(roots)
    for _ in range(_DEPTH):
        further: list[ast.AST] = []
        for node in (n for root in level for n in ast.walk(root)):
            if isinstance(node, ast.Call) and node not in calls:
                calls.append(node)
            elif isinstance(node, ast.Name) and node.id not in seen:
                seen.add(node.id)
                params |= {node.id} & set(function.params)
                further += bindings(function, node.id)
        level = further
    return calls, params


def places(code: CodeMap, frames: Sequence[Frame], crash: Function, roots: Sequence[ast.AST]) -> list[Place]:
    """Where else the fault may be: what made the values of the crashing line, and the callers, with what they gave.

    Args:
        code: the product.
        frames: the stack, outermost first.
        crash: the function that crashed.
        roots: what was evaluated there.
    """
    found: list[Place] = []
    seen = {(crash.path, crash.node.lineno)}

    def add(function: Function | None, line: int, captured: dict[str, Any], outward: int) -> None:
        if function is not None and (function.path, function.node.lineno) not in seen:
            seen.add((function.path, function.node.lineno))
            found.append(Place(function, line or function.node.end_lineno or 0, captured, outward))

    def makers(function: Function, calls: list[ast.Call], outward: int) -> None:
        for call in calls:
            add(resolve(code, function, call), 0, {}, outward)

    calls, params = calls_behind(crash, roots)
    makers(crash, calls, 0)
    callee = crash
    own = [frame for frame in frames if frame.path]
    for outward, frame in enumerate(reversed(own[:-1]), 1):
        function = code.function_at(frame.path or "", frame.line, frame.function)
        if function is None:
            break
        add(function, frame.line, frame.vars, outward)
        given = [a for call in calls_to(function, callee.name) for a in arguments(callee, call, params)]
        calls, params = calls_behind(function, given)
        makers(function, calls, outward)
        callee = function
    return found[:_PLACES]


def calls_to(function: Function, name: str) -> list[ast.Call]:
    """The calls of a name within a function."""
    return [
        n for n in ast.walk(function.node)
        if isinstance(n, ast.Call)
        and (n.func.id if isinstance(n.func, ast.Name) else getattr(n.func, "attr", "")) == name
    ]  # fmt: skip


def arguments(callee: Function, call: ast.Call, params: set[str]) -> list[ast.expr]:
    """What a call gives for some parameters."""
    names = callee.params[1:] if callee.owner and isinstance(call.func, ast.Attribute) else callee.params
    found = [arg for name, arg in zip(names, call.args, strict=False) if name in params]
    return found + [k.value for k in call.keywords if k.arg in params]
