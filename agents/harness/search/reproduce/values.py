"""Captured values back into Python source.

Sentry's SDK sends variables as their `repr`, with dicts and lists as JSON whose leaves are `repr`s. A `repr` that is a
literal or a call of a known constructor is its own source; `<Cart object at 0x…>` is not, and says so.
"""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass, field
from typing import Any

from agents.harness.search.codemap import CodeMap

_STANDARD = {
    "Decimal": "decimal", "Fraction": "fractions", "UUID": "uuid", "OrderedDict": "collections", "deque": "collections",
    "Counter": "collections", "SimpleNamespace": "types", "PurePosixPath": "pathlib", "PurePath": "pathlib",
    "Path": "pathlib", "PosixPath": "pathlib",
}  # fmt: skip
_BUILTINS = {"set", "frozenset", "bytearray", "complex", "range", "dict", "list", "tuple", "slice"}
_ENUM = re.compile(r"^<(?P<name>[A-Za-z_]\w*\.[A-Za-z_]\w*): .*>$")
_OBJECT = re.compile(r"^<(?:(?P<module>[\w.]+)\.)?(?P<name>[A-Za-z_]\w*) (?:object|instance)\b.*>$")
_CUT = ("...", "…")


class Unbuildable(Exception):
    """A value cannot be rebuilt; the message says why."""


@dataclass
class Imports:
    """What the rebuilt expressions need imported."""

    names: set[tuple[str, str]] = field(default_factory=set)  # (module, name); name "" imports the module

    def lines(self) -> list[str]:
        """Import statements, sorted."""
        plain = sorted(f"import {module}" for module, name in self.names if not name)
        return plain + sorted(f"from {module} import {name}" for module, name in self.names if name)


class Rebuilder:
    """Turns captured values into source.

    Args:
        code: where the product's classes are found.
        near: the file whose classes are preferred.
    """

    def __init__(self, code: CodeMap, near: str) -> None:
        self._code = code
        self._near = near
        self.imports = Imports()

    def source(self, value: Any, depth: int = 0) -> str:
        """Source of an expression that gives the value.

        Raises:
            Unbuildable: it cannot be told.
        """
        if depth > 20:
            raise Unbuildable("it is nested too deeply")
        if isinstance(value, dict):
            return "{" + ", ".join(f"{key!r}: {self.source(v, depth + 1)}" for key, v in value.items()) + "}"
        if isinstance(value, list):
            return "[" + ", ".join(self.source(item, depth + 1) for item in value) + "]"
        if not isinstance(value, str):
            return repr(value)
        return self._text(value.strip())

    def _text(self, text: str) -> str:
        if enum := _ENUM.match(text):
            return self._resolved(ast.parse(enum["name"], mode="eval").body)
        if found := _OBJECT.match(text):
            return self._instance(found["name"], text)
        try:
            node = ast.parse(text, mode="eval").body
        except (SyntaxError, ValueError, RecursionError):
            if text.startswith(("'", '"', "b'", 'b"')) or text.endswith(_CUT):
                raise Unbuildable("the SDK cut it short") from None
            raise Unbuildable(f"its repr is no source: {text[:80]}") from None
        return self._resolved(node)

    def _resolved(self, node: ast.expr) -> str:
        """The node's source once every name in it is importable."""
        for part in ast.walk(node):
            if isinstance(part, ast.Constant) and part.value is Ellipsis:
                raise Unbuildable("the SDK cut it short")
            allowed = (
                ast.Constant, ast.Call, ast.Name, ast.Attribute, ast.keyword, ast.List, ast.Tuple, ast.Dict, ast.Set,
                ast.UnaryOp, ast.USub, ast.UAdd, ast.BinOp, ast.Add, ast.Sub, ast.Load,
            )  # fmt: skip
            if not isinstance(part, allowed):
                raise Unbuildable(f"its repr is no value: {ast.unparse(node)[:80]}")
        for part in ast.walk(node):
            if isinstance(part, ast.Name):
                self._import(part)
        return ast.unparse(node)

    def _import(self, name: ast.Name) -> None:
        if name.id in _BUILTINS:
            return
        if name.id in ("datetime", "uuid", "decimal"):
            self.imports.names.add((name.id, ""))
        elif name.id in _STANDARD:
            name.id = "Path" if name.id == "PosixPath" else name.id
            self.imports.names.add((_STANDARD[name.id], name.id))
        else:
            self.imports.names.add((self._code.module(self._class_file(name.id)), name.id))

    def _class_file(self, name: str) -> str:
        found = [path for path, _ in self._code.classes(name)]
        if not found:
            raise Unbuildable(f"there is no class {name} in the repository")
        return self._near if self._near in found else found[0]

    def _instance(self, name: str, text: str) -> str:
        """An object known only by its class: made without arguments, where its class allows that."""
        path = self._class_file(name)
        node = next(node for file, node in self._code.classes(name) if file == path)
        init = next((n for n in node.body if isinstance(n, ast.FunctionDef) and n.name == "__init__"), None)
        if init is not None:
            args = init.args
            needed = len(args.posonlyargs) + len(args.args) - 1 - len(args.defaults)
            if needed > 0 or any(default is None for default in args.kw_defaults):
                raise Unbuildable(f"{text[:60]} does not say what it holds, and {name}() needs arguments")
        self.imports.names.add((self._code.module(path), name))
        return f"{name}()"
