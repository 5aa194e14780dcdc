"""Other literals: TBar's FP9 (Liu et al., ISSTA 2019), and initial values that are not neutral."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from difflib import SequenceMatcher

from .edit import Mutant
from .site import Site

_LONGEST = 20  # characters of a text worth exchanging
_COMPARISONS = ("==", "<", ">", " in ", " is ")


def constants(site: Site) -> Iterator[Mutant]:
    """Another literal, or a name in its place."""
    for node in site.expressions:
        if isinstance(node, ast.Constant):
            yield from _constant(site, node)
        elif isinstance(node, ast.List) and isinstance(node.ctx, ast.Load):
            if not node.elts:
                for name in site.bound_before(node)[:6]:
                    yield site.replace(node, f"[{name}]", "initial value", 0.6)
                yield site.replace(node, "[[]]", "initial value", 0.6)
            elif len(node.elts) == 1:
                yield site.replace(node, "[]", "initial value", 0.5)


def _constant(site: Site, node: ast.Constant) -> Iterator[Mutant]:
    value = node.value
    if isinstance(value, bool):
        yield from _truth(site, node)
    elif isinstance(value, int):
        yield from _whole(site, node, value)
    elif isinstance(value, float):
        for text in (str(value * 10), str(value / 10), str(-value), str(value * 100), str(value / 100)):
            yield site.replace(node, text, "other number", 0.4)
    elif isinstance(value, str) and len(value) <= _LONGEST:
        yield from _text(site, node, value)
    elif value is None and isinstance(site.parents.get(node), ast.Return | ast.Assign):
        for text in (*site.bound_before(node)[:8], "0", "[]", "False", "True", '""'):
            yield site.replace(node, text, "value instead of None", 0.5)


def _truth(site: Site, node: ast.Constant) -> Iterator[Mutant]:
    yield site.replace(node, str(not node.value), "Boolean constant", 0.8)
    if isinstance(site.parents.get(node), ast.While | ast.If | ast.Return):
        for name in site.bound_before(node):
            yield site.replace(node, name, "condition from a variable", 0.65)
            yield site.replace(node, f"not {name}", "condition from a variable", 0.6)
            yield site.replace(node, f"{name} == 0", "condition from a variable", 0.6)
    for text in site.ingredients:
        if any(op in text for op in _COMPARISONS):
            yield site.replace(node, text, "condition of the same function", 0.5)


def _whole(site: Site, node: ast.Constant, value: int) -> Iterator[Mutant]:
    inside = isinstance(site.parents.get(node), ast.BinOp)
    for number in dict.fromkeys((value + 1, value - 1, 0, 1, -value, 2)):
        if number != value:
            yield site.replace(node, f"({number})" if number < 0 and inside else str(number), "other number", 0.7)
    for name in site.bound_before(node):
        yield site.replace(node, name, "variable instead of a number", 0.45)
    if isinstance(site.parents.get(node), ast.Assign):
        for text in ('float("inf")', 'float("-inf")', "None"):
            yield site.replace(node, text, "initial value", 0.35)


def _text(site: Site, node: ast.Constant, value: str) -> Iterator[Mutant]:
    texts = {n.value for n in ast.walk(site.tree) if isinstance(n, ast.Constant) and isinstance(n.value, str)}
    near = sorted((t for t in texts - {value} if len(t) <= _LONGEST), key=lambda t: (-_alike(t, value), t))[:6]
    for text in dict.fromkeys(["", " ", *near] if value in ("", " ") else [*near, ""]):
        if text != value:
            yield site.replace(node, repr(text), "other text", 0.55)


def _alike(one: str, other: str) -> float:
    return SequenceMatcher(None, one, other).ratio()
