"""Captured values back into Python source.

Sentry's SDK sends variables as their `repr`, with dicts, lists, tuples and sets as JSON whose leaves are `repr`s (and
dict keys as `str`). A `repr` that is a literal or a call of a known constructor is its own source; `<Cart object at
0x…>` is not, and says so. What a repr may call is a closed list: constructors of the standard library, and the
repository's own classes. See `sentry_sdk/serializer.py` for what is cut, and where.
"""

from __future__ import annotations

import ast
import math
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from agents.harness.search.codemap import CodeMap
from agents.harness.search.reproduce import known
from agents.harness.search.reproduce.classes import Made, enclosed, made, members
from agents.harness.search.reproduce.reprs import Parsed, Unbuildable, read, shown
from agents.harness.search.reproduce.shapes import Style, key_kind, shape

BREADTH = 10  # items of a container that sentry-sdk sends
_DEEPEST = 20
_MEMBER = re.compile(r"^(?P<cls>[A-Za-z_][\w.]*)\.(?P<names>\w+(?:\|\w+)*): ")
_CLASS = re.compile(r"^(?:class|enum|dataclass) '(?P<name>[\w.]+)'$")
_FUNCTION = re.compile(r"^function (?P<name>[\w.<>]+) at 0x")
_OBJECT = re.compile(r"^(?P<name>[A-Za-z_][\w.]*) (?:object|instance)\b")
_PAIRS = re.compile(r"^(?P<name>[A-Za-z_][\w.]*)[:(]?\s*(?P<rest>\w+=.*?)\)?$", re.DOTALL)
_HIDDEN = ("[Filtered]", "[scrubbed]")


@dataclass
class Imports:
    """What the rebuilt expressions need imported."""

    names: set[tuple[str, str]] = field(default_factory=set)  # (module, name); name "" imports the module

    def add(self, module: str, name: str = "") -> str:
        """Import a name, which is given back."""
        self.names.add((module, name))
        return name or module


class Rebuilder:
    """Turns captured values into source.

    Args:
        code: where the product's classes are found.
        near: the file whose classes are preferred.
        style: how containers are read whose type was not captured.
    """

    def __init__(self, code: CodeMap, near: str, style: Style | None = None) -> None:
        self._code = code
        self._near = near
        self._style = style or Style()
        self.imports = Imports()
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
            return self._text(value.strip())
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
            return self._member(kind, [key.rpartition(".")[2]])
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
                return f"{self._imported(wanted.head)}({', '.join(pairs)})"
        items = [self.source(item, wanted.item(number), depth + 1) for number, item in enumerate(value)]
        text = ", ".join(items)
        if wanted.head == "tuple":
            return f"({text},)" if len(items) == 1 else f"({text})"
        if wanted.head == "set":
            return f"{{{text}}}" if items else "set()"
        if wanted.head == "frozenset":
            return f"frozenset({{{text}}})" if items else "frozenset()"
        return f"[{text}]"

    def _text(self, text: str) -> str:
        if text in _HIDDEN:  # a secret: some string stood there
            return repr(text)
        if text == "<cyclic>":
            raise Unbuildable("contains itself")
        if text.startswith("<failed to serialize"):
            raise Unbuildable("could not be read by the SDK")
        return ast.unparse(self._node(read(text)))

    def _node(self, parsed: Parsed) -> ast.expr:
        return _Resolve(self, parsed).visit(parsed.node)  # type: ignore[no-any-return]

    def angle(self, inner: str) -> str:
        """Source of what a repr in angle brackets stands for."""
        if found := _MEMBER.match(inner):
            return self._member(found["cls"], found["names"].split("|"))
        if found := _CLASS.match(inner):
            return self.named(found["name"])
        if found := _FUNCTION.match(inner):
            return self._function(found["name"])
        if found := _OBJECT.match(inner):
            return self._instance(found["name"], inner)
        if (found := _PAIRS.match(inner)) and enclosed(self._code, _tail(found["name"])):
            name = _tail(found["name"])
            return self._text(f"{name}({_commas(found['rest'])})")
        raise _unknown(inner)

    def _member(self, dotted: str, names: list[str]) -> str:
        if dotted in known.ENUMS:
            owner = self.imports.add(*known.ENUMS[dotted])
        else:
            found = enclosed(self._code, dotted)
            if not found or not set(names) <= members(found[0][1]):
                raise Unbuildable(f"is {dotted}.{names[0]}, which the repository does not have")
            owner = self._imported(dotted)
        return " | ".join(f"{owner}.{name}" for name in names)

    def named(self, dotted: str) -> str:
        """A class as a value: of Python, or of the repository."""
        name = _tail(dotted)
        if dotted in known.BUILTINS or dotted in known.EXCEPTIONS:
            return dotted
        if dotted in known.CONSTRUCTORS or name in known.CONSTRUCTORS:
            return self.imports.add(*(known.CONSTRUCTORS.get(dotted) or known.CONSTRUCTORS[name]))
        return self._imported(name)

    def _imported(self, dotted: str) -> str:
        """The name of a class of the repository, imported."""
        path = self._class(dotted)[0]
        self.imports.add(self._code.module(path), dotted.split(".")[0])
        return dotted

    def _class(self, dotted: str) -> tuple[str, ast.ClassDef]:
        found = enclosed(self._code, dotted)
        if not found:
            raise Unbuildable(f"is a {dotted}, which is no class of the repository")
        return next((each for each in found if each[0] == self._near), found[0])

    def _function(self, name: str) -> str:
        if "<" in name:
            raise Unbuildable(f"is {name}, a function made while another ran")
        found = [path for path in self._code.sources if f"def {name}(" in (self._code.text(path))]
        for path in sorted(found, key=lambda path: path != self._near):
            if any(f.name == name and f.owner is None and not f.nested for f in self._code.functions(path)):
                return self.imports.add(self._code.module(path), name)
        raise Unbuildable(f"is the function {name}, which is not at the top of a module of the repository")

    def _instance(self, dotted: str, inner: str) -> str:
        """An object known only by its class: made without arguments, where its class allows that."""
        name = _tail(dotted)
        if not enclosed(self._code, name):
            raise _unknown(inner)
        how = made(self._code, self._class(name)[1])
        if how.required:
            needs = " and ".join(how.required)
            raise Unbuildable(f"is a {name} whose repr does not say what it holds, and {name}() needs {needs}")
        return f"{self._imported(name)}()"

    def call(self, dotted: str, args: list[ast.expr], words: list[ast.keyword]) -> ast.expr:
        """A call of a repr, once its function is known to be a constructor."""
        if dotted in known.CONSTRUCTORS:
            target = self.imports.add(*known.CONSTRUCTORS[dotted])
        elif dotted in known.BUILTINS or dotted in known.EXCEPTIONS:
            target = dotted
        else:
            node = self._class(dotted)[1]
            words = _given(dotted, made(self._code, node), len(args), words)
            target = self._imported(dotted)
        return ast.Call(ast.parse(target, mode="eval").body, args, words)


def _tail(dotted: str) -> str:
    return dotted.rpartition(".")[2]


def _unknown(inner: str) -> Unbuildable:
    what = known.kind(inner)
    name = re.split(r" (?:object|instance)\b| at 0x|\s", inner)[0]
    return Unbuildable(f"is {what} ({name})" if what else f"is shown only as <{shown(inner)}>")


def _commas(rest: str) -> str:
    """`id=3 name='x'` as arguments."""
    return re.sub(r"(?<![,(\[{])\s+(?=\w+=)", ", ", rest)


def _given(name: str, how: Made, positional: int, words: list[ast.keyword]) -> list[ast.keyword]:
    """The keywords of a repr that its class takes."""
    if how.kind == "enum" or how.open:
        return words
    taken = {param.name for param in how.params if param.taken}
    kept = []
    for word in words:
        plain = (word.arg or "").lstrip("_")
        if word.arg in taken:
            kept.append(word)
        elif plain in taken:  # attrs takes `_size` as `size`
            kept.append(ast.keyword(plain, word.value))
    said = {word.arg for word in kept} | {param.name for param in how.params[:positional]}
    missing = [need for need in how.required if need not in said]
    if missing:
        raise Unbuildable(f"is a {name} whose repr leaves out {' and '.join(missing)}")
    return kept


class _Resolve(ast.NodeTransformer):
    """Makes every name of a repr importable, and refuses what is no value."""

    def __init__(self, rebuilder: Rebuilder, parsed: Parsed) -> None:
        self._rebuilder = rebuilder
        self._parsed = parsed

    def generic_visit(self, node: ast.AST) -> ast.AST:
        allowed = (ast.List, ast.Tuple, ast.Dict, ast.Set, ast.Load, ast.keyword, ast.UnaryOp, ast.USub, ast.UAdd)
        if not isinstance(node, allowed):
            raise Unbuildable(f"is shown only as {shown(ast.unparse(self._parsed.node))}")
        return super().generic_visit(node)

    def visit_Constant(self, node: ast.Constant) -> ast.expr:
        if node.value is Ellipsis:
            raise Unbuildable("was cut short by the SDK")
        return node

    def visit_BinOp(self, node: ast.BinOp) -> ast.expr:
        """A complex number, or flags."""
        if isinstance(node.op, ast.Add | ast.Sub) and isinstance(node.right, ast.Constant):
            return node if type(node.right.value) is complex else self._refuse()
        if isinstance(node.op, ast.BitOr):
            node.left, node.right = self.visit(node.left), self.visit(node.right)
            return node
        return self._refuse()

    def _refuse(self) -> ast.expr:
        raise Unbuildable(f"is shown only as {shown(ast.unparse(self._parsed.node))}")

    def visit_Name(self, node: ast.Name) -> ast.expr:
        inner = self._parsed.angle(node.id)
        if inner is not None:
            return ast.parse(self._rebuilder.angle(inner), mode="eval").body
        if node.id in ("nan", "inf"):
            return ast.parse(f"float({str(math.nan if node.id == 'nan' else math.inf)!r})", mode="eval").body
        return self._reference(node.id)

    def visit_Attribute(self, node: ast.Attribute) -> ast.expr:
        dotted = _dotted(node)
        return self._reference(dotted) if dotted else self._refuse()

    def _reference(self, dotted: str) -> ast.expr:
        if dotted in known.CONSTANTS:
            self._rebuilder.imports.add("datetime", "timezone")
            return ast.parse("timezone.utc", mode="eval").body
        owner, _, member = dotted.rpartition(".")
        if owner:
            return ast.parse(self._rebuilder.angle(f"{owner}.{member}: "), mode="eval").body
        return ast.parse(self._rebuilder.named(dotted), mode="eval").body

    def visit_Call(self, node: ast.Call) -> ast.expr:
        dotted = _dotted(node.func)
        if not dotted or any(word.arg is None for word in node.keywords):
            return self._refuse()
        visit: Callable[[ast.AST], ast.expr] = self.visit
        words = [ast.keyword(word.arg, visit(word.value)) for word in node.keywords]
        return self._rebuilder.call(dotted, [visit(arg) for arg in node.args], words)


def _dotted(node: ast.expr) -> str:
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        owner = _dotted(node.value)
        return f"{owner}.{node.attr}" if owner else ""
    return ""
