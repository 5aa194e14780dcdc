"""Other values: off by one, other variables, other expressions of the same function.

TBar's FP13 (variable replacement), PAR's (Kim et al., ICSE 2013) expression replacer, and the
plastic surgery hypothesis (Barr et al., FSE 2014): the missing code is often already in the function.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from difflib import SequenceMatcher

from .edit import Mutant
from .site import Site

_NUMERIC = ast.Name | ast.Call | ast.BinOp | ast.Subscript | ast.Attribute
_ELSE = {"any": ("all",), "all": ("any",), "min": ("max",), "max": ("min",), "sum": ("len", "max"), "len": ("sum",),
         "floor": ("ceil",), "ceil": ("floor",), "int": ("round",), "round": ("int",), "append": ("extend", "add"),
         "extend": ("append",), "add": ("discard",), "pop": ("popleft",), "popleft": ("pop",),
         "startswith": ("endswith",), "endswith": ("startswith",), "lower": ("upper",), "upper": ("lower",),
         "find": ("rfind", "index"), "rfind": ("find",), "lstrip": ("rstrip", "strip"), "strip": ("lstrip", "rstrip"),
         "rstrip": ("lstrip", "strip"), "keys": ("values", "items"), "values": ("keys", "items"), "items": ("values",),
         "union": ("intersection",), "intersection": ("union", "difference"), "issubset": ("issuperset",),
         "issuperset": ("issubset",), "split": ("splitlines",), "sorted": ("list",), "list": ("sorted",),
         "bisect_left": ("bisect_right",), "bisect_right": ("bisect_left",), "isdigit": ("isalnum",),
         "isalpha": ("isalnum",), "update": ("append",), "insert": ("append",), "partition": ("rpartition",),
         "heappush": ("heappop",), "heappop": ("heappush",)}  # fmt: skip


def off_by_one(site: Site) -> Iterator[Mutant]:
    """One more, one less: bounds of ranges and slices first, then indices, arguments, comparisons and the rest."""
    for node in site.expressions:
        if not site.loads(node) or not isinstance(node, _NUMERIC) or _textual(node):
            continue
        where = _importance(site, node)
        if where is None:
            continue
        text = site.source(node)
        for op in ("+ 1", "- 1"):
            new = f"{text} {op}" if not isinstance(site.parents.get(node), ast.BinOp) else f"({text} {op})"
            if isinstance(site.parents.get(node), ast.UnaryOp):
                continue
            yield site.replace(node, new, "off by one", where)


def _textual(node: ast.expr) -> bool:
    return isinstance(node, ast.BinOp) and any(
        isinstance(n, ast.Constant | ast.List) and isinstance(getattr(n, "value", ""), str) for n in ast.walk(node)
    )


def _importance(site: Site, node: ast.expr) -> float | None:
    parent = site.parents.get(node)
    if isinstance(parent, ast.Call) and isinstance(parent.func, ast.Name):
        if parent.func.id == "range":
            return 0.9
        return 0.6 if parent.func.id not in ("len", "list", "str", "set", "sorted", "sum", "print") else None
    if isinstance(parent, ast.Slice):
        return 0.9
    if isinstance(parent, ast.Subscript):
        return 0.75 if parent.slice is node else None
    if isinstance(parent, ast.Tuple) and isinstance(site.parents.get(parent), ast.Subscript):
        return 0.7
    if isinstance(parent, ast.BinOp):
        return 0.6 if not isinstance(node, ast.BinOp) else 0.4
    if isinstance(parent, ast.Compare):
        return 0.65
    if isinstance(parent, ast.Assign | ast.AugAssign | ast.Return | ast.Call | ast.keyword):
        return 0.5
    return 0.3 if isinstance(parent, ast.Tuple | ast.List | ast.IfExp) else None


def variables(site: Site) -> Iterator[Mutant]:
    """Another name in scope, the most alike first; names are of one kind where the function uses them alike."""
    for node in site.expressions:
        if not isinstance(node, ast.Name) or node.id in site.callables or node.id in ("self", "cls"):
            continue
        if not isinstance(node.ctx, ast.Load):
            continue
        for name in site.bound_before(node):
            if name == node.id or name in ("self", "cls"):
                continue
            alike = SequenceMatcher(None, name, node.id).ratio()
            known = node.id in site.locals
            yield site.replace(node, name, "other variable", (0.75 if known else 0.95) + 0.15 * alike)


def _far(one: str, other: str) -> float:
    return -SequenceMatcher(None, one, other).ratio()


def ingredients(site: Site) -> Iterator[Mutant]:
    """An expression replaced by another of the same function, and a compound one by a part of itself."""
    for node in site.expressions:
        if node in site._called or (isinstance(node, ast.Constant) and not isinstance(node.value, bool | None)):
            continue
        stored = not site.loads(node)
        text = site.source(node)
        if isinstance(node, ast.Subscript | ast.Attribute | ast.Call) and not stored:
            for name in site.bound_before(node):
                yield site.replace(node, name, "variable instead of an expression", 0.55)
        if isinstance(node, ast.Call) and not stored:
            for arg in node.args:
                if not isinstance(arg, ast.Starred):
                    yield site.replace(node, site.source(arg), "argument instead of its call", 0.7)
        if isinstance(node, ast.Name | ast.Subscript | ast.Attribute | ast.Call):
            for other in site.ingredients:
                if other == text or (stored and not _target(other)):
                    continue
                alike = SequenceMatcher(None, other, text).ratio()
                base = 0.55 if type(ast.parse(other, mode="eval").body) is type(node) else 0.25
                yield site.replace(
                    node, _fenced(site, node, other), "expression of the same function", base * (0.4 + 0.6 * alike)
                )


def _target(text: str) -> bool:
    return isinstance(ast.parse(text, mode="eval").body, ast.Subscript | ast.Attribute)


def _fenced(site: Site, node: ast.expr, text: str) -> str:
    inside = isinstance(site.parents.get(node), ast.BinOp | ast.UnaryOp | ast.Attribute | ast.Subscript | ast.Compare)
    compound = not isinstance(ast.parse(text, mode="eval").body, ast.Name | ast.Subscript | ast.Attribute | ast.Call)
    if isinstance(site.parents.get(node), ast.Subscript) and getattr(site.parents.get(node), "slice", None) is node:
        inside = False
    return f"({text})" if inside and compound else text


def attributes(site: Site) -> Iterator[Mutant]:
    """Another attribute or method: relatives by meaning, and the attributes that the file uses."""
    known: dict[str, int] = {}
    for part in ast.walk(site.tree):
        if isinstance(part, ast.Attribute):
            known[part.attr] = known.get(part.attr, 0) + 1
    for node in site.nodes:
        if isinstance(node, ast.Attribute):
            called = node in site._called
            methods = _methods(site)
            near = _ELSE.get(node.attr, ())
            others = [a for a in known if a != node.attr and (a in methods) == called and a not in near]
            others.sort(key=lambda a: (_far(a, node.attr), a))
            for attr in (*near, *others[:8]):
                alike = SequenceMatcher(None, attr, node.attr).ratio()
                text = f"{site.source(node.value)}.{attr}"
                yield site.replace(node, text, "other attribute", 0.85 if attr in near else 0.45 + 0.4 * alike)
        elif isinstance(node, ast.Name) and node in site._called and node.id in _ELSE:
            for name in _ELSE[node.id]:
                yield site.replace(node, name, "other function", 0.85)


def _methods(site: Site) -> set[str]:
    return {n.func.attr for n in ast.walk(site.tree) if isinstance(n, ast.Call) and isinstance(n.func, ast.Attribute)}


def arithmetic(site: Site) -> Iterator[Mutant]:
    """A missing term: minus or plus a number in scope, squared, at least or at most another value."""
    for node in site.expressions:
        if not site.loads(node):
            continue
        if isinstance(node, ast.Name) and node.id not in site.callables:
            yield from _terms(site, node)
        if isinstance(node, ast.Name | ast.BinOp | ast.Subscript | ast.Call):
            yield from _extremes(site, node)


def _terms(site: Site, node: ast.Name) -> Iterator[Mutant]:
    parent = site.parents.get(node)
    fence = "({})" if isinstance(parent, ast.BinOp | ast.UnaryOp) else "{}"
    if not isinstance(parent, ast.Attribute | ast.For | ast.comprehension | ast.Subscript):
        for other in site.bound_before(node):
            if other != node.id:
                yield site.replace(node, fence.format(f"{node.id} - {other}"), "missing term", 0.4)
                yield site.replace(node, fence.format(f"{node.id} + {other}"), "missing term", 0.4)
    if isinstance(parent, ast.BinOp | ast.Compare | ast.Return | ast.Call):
        yield site.replace(node, fence.format(f"{node.id} ** 2"), "missing term", 0.35)


def _extremes(site: Site, node: ast.expr) -> Iterator[Mutant]:
    parent, text = site.parents.get(node), site.source(node)
    compound = isinstance(node, ast.BinOp)
    if isinstance(parent, ast.Assign) and isinstance(parent.targets[0], ast.Name | ast.Subscript | ast.Attribute):
        target = site.source(parent.targets[0])
        for function in ("max", "min"):
            if parent.value is node and target != text:
                yield site.replace(node, f"{function}({target}, {text})", "running extreme", 0.5)
            if parent.value is node and compound:
                yield site.replace(node, f"{function}(0, {text})", "clamp", 0.5)
    if compound and isinstance(parent, ast.Return):
        for wrap in ("max(0, {})", "min(1, {})", "abs({})"):
            yield site.replace(node, wrap.format(text), "clamp", 0.35)
