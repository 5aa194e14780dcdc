"""What a value is made of, from the caller's code: `Cart(items, rate)` there, with the caller's captured values."""

from __future__ import annotations

import ast

from agents.harness import Frame
from agents.harness.search.codemap import CodeMap, Function
from agents.harness.search.reproduce.reprs import Unbuildable
from agents.harness.search.reproduce.values import Rebuilder
from agents.harness.search.suspect import last_name

_DEEPEST = 6


class Origins:
    """Expressions of the callers of one frame.

    Args:
        code: the tree.
        frames: the repository's frames, outermost first.
        index: which of them was called.
        rebuilder: for the callers' captured values; it collects the imports.
    """

    def __init__(self, code: CodeMap, frames: list[Frame], index: int, rebuilder: Rebuilder) -> None:
        self._code = code
        self._frames = frames
        self._index = index
        self._rebuilder = rebuilder

    def of(self, function: Function, name: str) -> str:
        """Source of what a parameter of `function`, the function of this frame, was given.

        Raises:
            Unbuildable: the callers do not tell it either.
        """
        return self._given(function, name, self._index, 0)

    def _given(self, function: Function, name: str, index: int, depth: int) -> str:
        if index == 0 or depth > _DEEPEST:
            raise Unbuildable("has no caller in the repository")
        frame = self._frames[index - 1]
        scope = self._scope(frame)
        for node in ast.walk(scope):
            if isinstance(node, ast.Call) and node.lineno <= frame.line <= (node.end_lineno or 0):
                expression = _argument(node, function, name) if last_name(node.func) == function.name else None
                if expression is not None:
                    return ast.unparse(self._resolved(expression, index - 1, depth + 1))
        raise Unbuildable("is not named where it was called")

    def _scope(self, frame: Frame) -> ast.AST:
        function = self._code.function_at(frame.path or "", frame.line, frame.function)
        parsed = self._code.parse(frame.path or "")
        if function is not None:
            return function.node
        return parsed[1] if parsed else ast.Module([], [])

    def _resolved(self, node: ast.expr, index: int, depth: int) -> ast.expr:
        """An expression of a caller that can stand in a test."""
        if depth > _DEEPEST:
            raise Unbuildable("is made of too many others")
        if isinstance(node, ast.Constant):
            return node
        if isinstance(node, ast.Name):
            return self._name(node, index, depth)
        if isinstance(node, ast.Attribute):
            return ast.Attribute(self._resolved(node.value, index, depth + 1), node.attr, ast.Load())
        if isinstance(node, ast.Call) and not any(isinstance(arg, ast.Starred) for arg in node.args):
            args = [self._resolved(arg, index, depth + 1) for arg in node.args]
            words = [ast.keyword(word.arg, self._resolved(word.value, index, depth + 1)) for word in node.keywords]
            return ast.Call(self._resolved(node.func, index, depth + 1), args, words)
        if isinstance(node, ast.List | ast.Tuple | ast.Set):
            return type(node)([self._resolved(item, index, depth + 1) for item in node.elts])
        raise Unbuildable("is made by code that cannot be told from here")

    def _name(self, node: ast.Name, index: int, depth: int) -> ast.expr:
        frame = self._frames[index]
        scope = self._scope(frame)
        why = Unbuildable("is not known there")
        if node.id in frame.vars and frame.function != "<module>":
            try:
                return ast.parse(self._rebuilder.source(frame.vars[node.id]), mode="eval").body
            except Unbuildable as error:
                why = error
            made = _assigned(scope, node.id, frame.line)
            if made is not None:
                return self._resolved(made, index, depth + 1)
            function = self._code.function_at(frame.path or "", frame.line, frame.function)
            if function is not None and node.id in function.params:
                return ast.parse(self._given(function, node.id, index, depth + 1), mode="eval").body
            raise why
        self._rebuilder.imports.add(*self._defined(frame.path or "", node.id))
        return node

    def _defined(self, path: str, name: str) -> tuple[str, str]:
        """Where a module's name is to be imported from."""
        parsed = self._code.parse(path)
        module = self._code.module(path)
        for node in parsed[1].body if parsed else []:
            if isinstance(node, ast.ImportFrom) and any(a.name == name and a.asname is None for a in node.names):
                package = path.endswith("__init__.py")
                above = module.split(".")[: len(module.split(".")) - node.level + package] if node.level else []
                return ".".join([*above, *([node.module] if node.module else [])]), name
            stored = [n for n in ast.walk(node) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)]
            if getattr(node, "name", None) == name or any(n.id == name for n in stored):
                return module, name
        raise Unbuildable("is a name that its module does not define")


def _argument(call: ast.Call, function: Function, name: str) -> ast.expr | None:
    """The expression passed for a parameter; of `self`, what stands before the dot."""
    args = function.node.args
    listed = [arg.arg for arg in (*args.posonlyargs, *args.args)]
    if function.owner is not None and listed and listed[0] == name:
        return call.func.value if isinstance(call.func, ast.Attribute) else None
    if function.owner is not None and isinstance(call.func, ast.Attribute):
        listed = listed[1:]
    for word in call.keywords:
        if word.arg == name:
            return word.value
    place = listed.index(name) if name in listed else len(call.args)
    return call.args[place] if place < len(call.args) else None


def _assigned(scope: ast.AST, name: str, before: int) -> ast.expr | None:
    """What a local name was made of, where one statement before the line says it."""
    found = [
        node.value for node in ast.walk(scope)
        if isinstance(node, ast.Assign) and node.lineno < before
        and any(isinstance(target, ast.Name) and target.id == name for target in node.targets)
    ]  # fmt: skip
    return found[0] if len(found) == 1 and isinstance(found[0], ast.Call | ast.Name | ast.Attribute) else None
