"""Which calls could show the failure again: each in-app frame's function with the arguments it had."""

from __future__ import annotations

import ast
from dataclasses import dataclass

from agents.harness import Frame, Occurrence
from agents.harness.search.codemap import CodeMap, Function
from agents.harness.search.reproduce.values import Imports, Rebuilder, Unbuildable

_OUTWARD = 4  # frames tried, innermost first


@dataclass(frozen=True)
class Call:
    """A rebuilt call."""

    function: Function
    imports: tuple[str, ...]
    text: str  # the expression

    @property
    def label(self) -> str:
        """For people."""
        return self.text if len(self.text) <= 200 else f"{self.text[:197]}…"


def calls(code: CodeMap, occurrence: Occurrence) -> tuple[list[Call], list[str]]:
    """The calls worth trying for an occurrence, innermost first, and why others could not be rebuilt."""
    found: list[Call] = []
    reasons: list[str] = []
    own = [frame for frame in occurrence.frames if frame.path and frame.path.endswith(".py")]
    for frame in reversed(own[-_OUTWARD:]):
        function = code.function_at(frame.path or "", frame.line, frame.function)
        if function is None or function.nested:
            where = f"{frame.function or 'module code'} at {frame.path}:{frame.line}"
            reasons.append(f"{where} cannot be called from outside")
            continue
        try:
            found.append(_call(code, frame, function))
        except Unbuildable as error:
            reasons.append(f"{function.name}(): {error}")
    return found, reasons


def _call(code: CodeMap, frame: Frame, function: Function) -> Call:
    rebuilder = Rebuilder(code, function.path)
    arguments = _arguments(function, frame, rebuilder)
    imports = Imports(set(rebuilder.imports.names))
    module = code.module(function.path)
    if function.owner is None:
        imports.names.add((module, function.name))
        target = function.name
    else:
        imports.names.add((module, function.owner))
        target = f"{_receiver(function, frame, rebuilder, imports)}.{function.name}"
    text = f"{target}({', '.join(arguments)})"
    if isinstance(function.node, ast.AsyncFunctionDef):
        imports.names.add(("asyncio", ""))
        text = f"asyncio.run({text})"
    elif _generates(function.node):
        text = f"list({text})"
    return Call(function, tuple(imports.lines()), text)


def _generates(node: ast.AST) -> bool:
    inner = list(ast.iter_child_nodes(node))
    while inner:
        child = inner.pop()
        if isinstance(child, ast.Yield | ast.YieldFrom):
            return True
        if not isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda | ast.ClassDef):
            inner += ast.iter_child_nodes(child)
    return False


def _decorators(function: Function) -> set[str]:
    return {n.id for d in function.node.decorator_list for n in ast.walk(d) if isinstance(n, ast.Name)}


def _receiver(function: Function, frame: Frame, rebuilder: Rebuilder, imports: Imports) -> str:
    marks = _decorators(function)
    if "property" in marks:
        raise Unbuildable("a property is read by its object's other code, not called")
    if marks & {"staticmethod", "classmethod"}:
        return str(function.owner)
    name = function.params[0] if function.params else "self"
    if name not in frame.vars:
        raise Unbuildable(f"{name} was not captured")
    text = rebuilder.source(frame.vars[name])
    imports.names |= rebuilder.imports.names
    return text


def _arguments(function: Function, frame: Frame, rebuilder: Rebuilder) -> list[str]:
    args = function.node.args
    skip = 1 if function.owner and "staticmethod" not in _decorators(function) else 0
    positional = [*args.posonlyargs, *args.args]
    optional = {a.arg for a in positional[len(positional) - len(args.defaults) :]}
    optional |= {a.arg for a, d in zip(args.kwonlyargs, args.kw_defaults, strict=True) if d is not None}
    only = {a.arg for a in args.posonlyargs}
    result = []
    for arg in [*positional[skip:], *args.kwonlyargs]:
        if arg.arg not in frame.vars:
            if arg.arg in optional:
                continue
            raise Unbuildable(f"{arg.arg} was not captured")
        try:
            text = rebuilder.source(frame.vars[arg.arg])
        except Unbuildable as error:
            raise Unbuildable(f"{arg.arg} cannot be rebuilt: {error}") from error
        result.append(text if arg.arg in only or args.vararg else f"{arg.arg}={text}")
    if args.vararg and frame.vars.get(args.vararg.arg):
        result.append(f"*{rebuilder.source(frame.vars[args.vararg.arg])}")
    if args.kwarg and frame.vars.get(args.kwarg.arg):
        result.append(f"**{rebuilder.source(frame.vars[args.kwarg.arg])}")
    return result
