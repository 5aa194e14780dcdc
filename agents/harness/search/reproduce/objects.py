"""What a `repr` says, as source: literals, calls of known constructors, and the objects that angle brackets stand for.

What may be called is a closed list: constructors of the standard library, and the repository's own classes.
"""

from __future__ import annotations

import ast
import math
import re
from collections.abc import Callable
from dataclasses import dataclass, field

from agents.harness.search.codemap import CodeMap
from agents.harness.search.reproduce import known
from agents.harness.search.reproduce.classes import Made, enclosed, made, members
from agents.harness.search.reproduce.reprs import Parsed, Unbuildable, read, shown

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


class Objects:
    """Turns reprs into source.

    Args:
        code: where the product's classes are found.
        near: the file whose classes are preferred.
    """

    def __init__(self, code: CodeMap, near: str) -> None:
        self._code = code
        self._near = near
        self.imports = Imports()

    def text(self, text: str) -> str:
        """Source of what a repr says.

        Raises:
            Unbuildable: it cannot be told.
        """
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
            return self.member(found["cls"], found["names"].split("|"))
        if found := _CLASS.match(inner):
            return self.named(found["name"])
        if found := _FUNCTION.match(inner):
            return self._function(found["name"])
        if found := _OBJECT.match(inner):
            return self._instance(found["name"], inner)
        if (found := _PAIRS.match(inner)) and enclosed(self._code, _tail(found["name"])):
            name = _tail(found["name"])
            return self.text(f"{name}({_commas(found['rest'])})")
        raise _unknown(inner)

    def member(self, dotted: str, names: list[str]) -> str:
        """Members of an enum, more than one of a flag."""
        if dotted in known.ENUMS:
            owner = self.imports.add(*known.ENUMS[dotted])
        else:
            found = enclosed(self._code, dotted)
            if not found or not set(names) <= members(found[0][1]):
                raise Unbuildable(f"is {dotted}.{names[0]}, which the repository does not have")
            owner = self.imported(dotted)
        return " | ".join(f"{owner}.{name}" for name in names)

    def named(self, dotted: str) -> str:
        """A class as a value: of Python, or of the repository."""
        name = _tail(dotted)
        if dotted in known.BUILTINS or dotted in known.EXCEPTIONS:
            return dotted
        if dotted in known.CONSTRUCTORS or name in known.CONSTRUCTORS:
            return self.imports.add(*(known.CONSTRUCTORS.get(dotted) or known.CONSTRUCTORS[name]))
        return self.imported(name)

    def imported(self, dotted: str) -> str:
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
        return f"{self.imported(name)}()"

    def call(self, dotted: str, args: list[ast.expr], words: list[ast.keyword]) -> ast.expr:
        """A call of a repr, once its function is known to be a constructor."""
        if dotted in known.CONSTRUCTORS:
            target = self.imports.add(*known.CONSTRUCTORS[dotted])
        elif dotted in known.BUILTINS or dotted in known.EXCEPTIONS:
            target = dotted
        else:
            node = self._class(dotted)[1]
            words = _given(dotted, made(self._code, node), len(args), words)
            target = self.imported(dotted)
        return ast.Call(ast.parse(target, mode="eval").body, args, words)


def _tail(dotted: str) -> str:
    return dotted.rpartition(".")[2]


def _unknown(inner: str) -> Unbuildable:
    what = known.kind(inner)
    name = re.split(r" (?:object|instance)\b| at 0x|\s", inner)[0].rstrip(":")
    return Unbuildable(f"is {what} ({name})" if what else f"is shown only as <{shown(inner)}>")


def _commas(rest: str) -> str:
    """`id=3 name='x'` as arguments."""
    return re.sub(r"(?<![,(\[{])\s+(?=\w+=)", ", ", rest)


def _given(name: str, how: Made, positional: int, words: list[ast.keyword]) -> list[ast.keyword]:
    """The keywords of a repr that its class takes."""
    if how.kind == "enum" or how.open:
        return words
    taken = {param.name: param for param in how.params if param.taken}
    known_as = {word.arg: word.arg if word.arg in taken else (word.arg or "").lstrip("_") for word in words}
    said = {*known_as.values(), *(param.name for param in how.params[:positional])}
    missing = [need for need in how.required if need not in said]
    if missing:
        raise Unbuildable(f"is a {name} whose repr leaves out {' and '.join(missing)}")
    return [
        ast.keyword(known_as[word.arg], word.value) for word in words
        if (param := taken.get(known_as[word.arg] or "")) is not None and ast.unparse(word.value) != param.default
    ]  # fmt: skip


class _Resolve(ast.NodeTransformer):
    """Makes every name of a repr importable, and refuses what is no value."""

    def __init__(self, objects: Objects, parsed: Parsed) -> None:
        self._objects = objects
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
            return ast.parse(self._objects.angle(inner), mode="eval").body
        if node.id in ("nan", "inf"):
            return ast.parse(f"float({str(math.nan if node.id == 'nan' else math.inf)!r})", mode="eval").body
        return self._reference(node.id)

    def visit_Attribute(self, node: ast.Attribute) -> ast.expr:
        dotted = _dotted(node)
        return self._reference(dotted) if dotted else self._refuse()

    def _reference(self, dotted: str) -> ast.expr:
        if dotted in known.CONSTANTS:
            self._objects.imports.add("datetime", "timezone")
            return ast.parse("timezone.utc", mode="eval").body
        owner, _, member = dotted.rpartition(".")
        if owner:
            return ast.parse(self._objects.angle(f"{owner}.{member}: "), mode="eval").body
        return ast.parse(self._objects.named(dotted), mode="eval").body

    def visit_Call(self, node: ast.Call) -> ast.expr:
        dotted = _dotted(node.func)
        if not dotted or any(word.arg is None for word in node.keywords):
            return self._refuse()
        visit: Callable[[ast.AST], ast.expr] = self.visit
        words = [ast.keyword(word.arg, visit(word.value)) for word in node.keywords]
        return self._objects.call(dotted, [visit(arg) for arg in node.args], words)


def _dotted(node: ast.expr) -> str:
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        owner = _dotted(node.value)
        return f"{owner}.{node.attr}" if owner else ""
    return ""
