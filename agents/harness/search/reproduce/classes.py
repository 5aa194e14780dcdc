"""What a class of the repository takes to be made, read from its source."""

from __future__ import annotations

import ast
from dataclasses import dataclass, replace

from agents.harness.search.codemap import CodeMap
from agents.harness.search.suspect import last_name

_RECORDS = {"dataclass", "define", "frozen", "mutable", "attrs", "s", "attrib"}
_MODELS = {"BaseModel", "SQLModel", "BaseSettings", "Struct"}
_ENUMS = {"Enum", "IntEnum", "StrEnum", "Flag", "IntFlag"}
_FIELDS = {"field", "Field", "ib", "attrib"}
_DEEPEST = 5  # base classes followed


@dataclass(frozen=True)
class Param:
    """One value that making an object takes."""

    name: str
    required: bool
    annotation: ast.expr | None = None
    taken: bool = True  # False: the class sets it by itself
    default: str = ""  # source


@dataclass(frozen=True)
class Made:
    """How objects of a class are made. `open`: it also takes what is not listed, or that is not known."""

    kind: str  # record · namedtuple · enum · plain
    params: tuple[Param, ...]
    open: bool = False

    @property
    def required(self) -> list[str]:
        """What has to be given."""
        return [param.name for param in self.params if param.required and param.taken]


def made(code: CodeMap, node: ast.ClassDef, depth: int = 0) -> Made:
    """How objects of a class are made."""
    init = next((n for n in node.body if isinstance(n, ast.FunctionDef) and n.name == "__init__"), None)
    if init is not None:
        return Made("plain", _of_signature(init.args), open=init.args.kwarg is not None)
    bases = [last_name(base if not isinstance(base, ast.Subscript) else base.value) for base in node.bases]
    if _ENUMS & set(bases):
        return Made("enum", ())
    if "NamedTuple" in bases:
        return Made("namedtuple", _of_body(node))
    marks = _RECORDS & {last_name(d.func if isinstance(d, ast.Call) else d) for d in node.decorator_list}
    above: list[Made] = []
    for name in bases:
        found = code.classes(name) if name not in _MODELS and depth < _DEEPEST else []
        above += [made(code, found[0][1], depth + 1)] if found else []
    known = all(name in _MODELS | {"object", "Generic", "Protocol", "ABC"} or code.classes(name) for name in bases)
    parent = next((found for found in above if found.params or found.kind != "plain"), None)
    if marks or _MODELS & set(bases) or (parent is not None and parent.kind == "record"):
        own = {param.name: param for param in _of_body(node)}
        if marks - {"dataclass"}:  # attrs takes `_size` as `size`
            own = {name.lstrip("_"): replace(param, name=name.lstrip("_")) for name, param in own.items()}
        inherited = {param.name: param for param in parent.params} if parent else {}
        return Made("record", tuple({**inherited, **own}.values()), open=not known)
    if parent is not None:
        return parent
    return Made("plain", (), open=not known)


def _of_signature(args: ast.arguments) -> tuple[Param, ...]:
    positional = [*args.posonlyargs, *args.args]
    without = len(positional) - len(args.defaults)
    defaults: list[ast.expr | None] = [*[None] * without, *args.defaults]
    pairs = [*list(zip(positional, defaults, strict=True))[1:], *zip(args.kwonlyargs, args.kw_defaults, strict=True)]
    found = [Param(arg.arg, default is None, arg.annotation, default=_source(default)) for arg, default in pairs]
    return tuple(found)


def _of_body(node: ast.ClassDef) -> tuple[Param, ...]:
    found = []
    for each in node.body:
        if isinstance(each, ast.AnnAssign) and isinstance(each.target, ast.Name):
            if "ClassVar" not in ast.unparse(each.annotation):
                found.append(_field(each.target.id, each.value, each.annotation))
        elif isinstance(each, ast.Assign) and isinstance(each.targets[0], ast.Name) and _is_field(each.value):
            found.append(_field(each.targets[0].id, each.value, None))
    return tuple(found)


def _is_field(value: ast.expr | None) -> bool:
    return isinstance(value, ast.Call) and last_name(value.func) in _FIELDS


def _field(name: str, value: ast.expr | None, annotation: ast.expr | None) -> Param:
    if not _is_field(value):
        return Param(name, value is None, annotation, default=_source(value))
    assert isinstance(value, ast.Call)
    said = {word.arg: word.value for word in value.keywords if word.arg}
    off = {key for key, given in said.items() if isinstance(given, ast.Constant) and given.value is False}
    positional = value.args and not (isinstance(value.args[0], ast.Constant) and value.args[0].value is Ellipsis)
    optional = bool(said.keys() & {"default", "default_factory", "factory"}) or bool(positional)
    return Param(name, not optional, annotation, taken="init" not in off)


def _source(node: ast.expr | None) -> str:
    return ast.unparse(node) if node is not None else ""


def enclosed(code: CodeMap, dotted: str) -> list[tuple[str, ast.ClassDef]]:
    """The classes of that name, with their files; `Outer.Inner` is one inside another."""
    first, *rest = dotted.split(".")
    found = code.classes(first)
    for name in rest:
        found = [
            (path, inner)
            for path, node in found
            for inner in node.body
            if isinstance(inner, ast.ClassDef) and inner.name == name
        ]
    return found


def members(node: ast.ClassDef) -> set[str]:
    """The names a class body assigns, methods left out: an enum's members."""
    found: set[str] = set()
    for each in node.body:
        if isinstance(each, ast.Assign):
            found |= {target.id for target in each.targets if isinstance(target, ast.Name)}
        elif isinstance(each, ast.AnnAssign) and isinstance(each.target, ast.Name):
            found.add(each.target.id)
    return found
