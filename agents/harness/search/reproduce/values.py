"""Captured values back into Python source.

Sentry's SDK sends variables as their `repr`, with dicts, lists, tuples and sets as JSON whose leaves are `repr`s (and
dict keys as `str`). A `repr` that is a literal or a call of a known constructor is its own source; `<Cart object at
0x…>` is not, and says so. See `sentry_sdk/serializer.py` for what is cut, and where.
"""

from __future__ import annotations

import ast
from typing import Any

from agents.harness.search.codemap import CodeMap
from agents.harness.search.reproduce import known
from agents.harness.search.reproduce.classes import enclosed, made
from agents.harness.search.reproduce.objects import Objects
from agents.harness.search.reproduce.reprs import Unbuildable, shown
from agents.harness.search.reproduce.shapes import Style, key_kind, shape

BREADTH = 10  # items of a container that sentry-sdk sends
_DEEPEST = 20


class Rebuilder:
    """Turns captured values into source.

    Args:
        code: where the product's classes are found.
        near: the file whose classes are preferred.
        style: how containers are read whose type was not captured.
    """

    def __init__(self, code: CodeMap, near: str, style: Style | None = None) -> None:
        self._code = code
        self._style = style or Style()
        self._objects = Objects(code, near)
        self.imports = self._objects.imports
        self.full = False  # a container has as many items as the SDK sends at most: there may have been more
        self.untyped = False  # a container's type was guessed

    def source(self, value: Any, annotation: ast.expr | None = None, depth: int = 0) -> str:
        """Source of an expression that gives the value.

        Args:
            value: as the SDK serialised it.
            annotation: the type the code says it has.
            depth: how deep inside another value it is.

        Raises:
            Unbuildable: it cannot be told.
        """
        if depth > _DEEPEST:
            raise Unbuildable("is nested too deeply")
        if isinstance(value, dict):
            return self._mapping(value, annotation, depth)
        if isinstance(value, list):
            return self._sequence(value, annotation, depth)
        if isinstance(value, str):
            return self._objects.text(value.strip())
        return repr(value)

    def _mapping(self, value: dict[str, Any], annotation: ast.expr | None, depth: int) -> str:
        self.full |= len(value) >= BREADTH
        wanted = shape(annotation, "dict")
        keys, inner = (wanted.inner[0], wanted.inner[1]) if len(wanted.inner) == 2 else (None, None)
        if wanted.head == "Counter":
            keys = wanted.inner[0] if wanted.inner else None
        self.untyped |= keys is None
        kind = key_kind(keys) if keys is not None else self._style.keys
        pairs = [f"{self._key(key, kind)}: {self.source(item, inner, depth + 1)}" for key, item in value.items()]
        text = "{" + ", ".join(pairs) + "}"
        if wanted.head in ("OrderedDict", "Counter"):
            return f"{self.imports.add('collections', wanted.head)}({text})"
        if wanted.head == "defaultdict" and isinstance(inner, ast.Name) and inner.id in known.BUILTINS:
            return f"{self.imports.add('collections', 'defaultdict')}({inner.id}, {text})"
        return text

    def _key(self, key: str, kind: str) -> str:
        if kind == "str":
            return repr(key)
        try:
            literal = ast.literal_eval(key)
        except (ValueError, SyntaxError, MemoryError, RecursionError):
            literal = key
        if kind == "literal":  # whatever the text is a literal of, else the text
            return repr(literal)
        if kind in ("int", "float", "bool", "tuple") and type(literal).__name__ == kind:
            return repr(literal)
        if enclosed(self._code, kind) and key.startswith(f"{kind}.") and key.count(".") == 1:
            return self._objects.member(kind, [key.rpartition(".")[2]])
        raise Unbuildable(f"has keys of type {kind}, of which only the text {shown(key)} was captured")

    def _sequence(self, value: list[Any], annotation: ast.expr | None, depth: int) -> str:
        self.full |= len(value) >= BREADTH
        wanted = shape(annotation, self._style.items)
        self.untyped |= not wanted.said
        if wanted.head not in ("list", "tuple", "set", "frozenset") and (found := enclosed(self._code, wanted.head)):
            how = made(self._code, found[0][1])
            if how.kind == "namedtuple" and len(how.params) >= len(value):
                pairs = [
                    f"{p.name}={self.source(v, p.annotation, depth + 1)}"
                    for p, v in zip(how.params, value, strict=False)
                ]
                return f"{self._objects.imported(wanted.head)}({', '.join(pairs)})"
        items = [self.source(item, wanted.item(number), depth + 1) for number, item in enumerate(value)]
        text = ", ".join(items)
        if wanted.head == "tuple":
            return f"({text},)" if len(items) == 1 else f"({text})"
        if wanted.head == "set":
            return f"{{{text}}}" if items else "set()"
        if wanted.head == "frozenset":
            return f"frozenset({{{text}}})" if items else "frozenset()"
        return f"[{text}]"
