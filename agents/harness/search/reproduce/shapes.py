"""Which container a value was: SDKs send tuples and sets as lists, and a dict's keys as text."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import Literal

_HEADS = {
    "List": "list", "Sequence": "list", "MutableSequence": "list", "Iterable": "list", "Collection": "list",
    "Tuple": "tuple", "Set": "set", "AbstractSet": "set", "MutableSet": "set", "FrozenSet": "frozenset",
    "Dict": "dict", "Mapping": "dict", "MutableMapping": "dict", "DefaultDict": "defaultdict",
}  # fmt: skip
_CONTAINERS = {"list", "tuple", "set", "frozenset", "dict", "defaultdict", "OrderedDict", "Counter"}


@dataclass(frozen=True)
class Style:
    """How containers are read whose type neither the event nor the code tells."""

    keys: Literal["str", "literal"] = "str"
    items: Literal["list", "tuple", "set"] = "list"


@dataclass(frozen=True)
class Shape:
    """A container as the code's annotation has it."""

    head: str
    inner: tuple[ast.expr, ...] = ()
    said: bool = True  # False: no annotation tells

    def item(self, number: int) -> ast.expr | None:
        """The annotation of the item at a place."""
        if not self.inner:
            return None
        if self.head == "tuple" and not _is_ellipsis(self.inner[-1]):
            return self.inner[number] if number < len(self.inner) else None
        return self.inner[0]


def _is_ellipsis(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is Ellipsis


def shape(annotation: ast.expr | None, otherwise: str) -> Shape:
    """The container that an annotation names; `otherwise` where it names none."""
    for node in _alternatives(annotation):
        name = _name(node.value if isinstance(node, ast.Subscript) else node)
        head = _HEADS.get(name, name)
        inner: tuple[ast.expr, ...] = ()
        if isinstance(node, ast.Subscript):
            inner = tuple(node.slice.elts) if isinstance(node.slice, ast.Tuple) else (node.slice,)
        if head in _CONTAINERS or (name[:1].isupper() and name not in ("Any", "Literal")):
            return Shape(head, inner)
    return Shape(otherwise, said=False)


def _alternatives(annotation: ast.expr | None) -> list[ast.expr]:
    """The types of a union, of `Optional` and of `Annotated`, without None."""
    if isinstance(annotation, ast.Constant) and isinstance(annotation.value, str):
        try:
            annotation = ast.parse(annotation.value, mode="eval").body
        except (SyntaxError, ValueError):
            return []
    if annotation is None or isinstance(annotation, ast.Constant):
        return []
    if isinstance(annotation, ast.BinOp) and isinstance(annotation.op, ast.BitOr):
        return [*_alternatives(annotation.left), *_alternatives(annotation.right)]
    if isinstance(annotation, ast.Subscript) and _name(annotation.value) in ("Optional", "Union", "Annotated", "Final"):
        whole = _name(annotation.value) == "Union"
        inner = annotation.slice.elts if isinstance(annotation.slice, ast.Tuple) else [annotation.slice]
        return [found for part in (inner if whole else inner[:1]) for found in _alternatives(part)]
    return [annotation]


def _name(node: ast.expr) -> str:
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


def key_kind(annotation: ast.expr | None) -> str:
    """The type of a dict's keys: its name, `literal` when it is not told."""
    found = _alternatives(annotation)
    name = _name(found[0].value if isinstance(found[0], ast.Subscript) else found[0]) if found else ""
    return {"Tuple": "tuple", "Any": "literal", "": "literal", "Hashable": "literal"}.get(name, name)
