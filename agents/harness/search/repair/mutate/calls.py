"""Calls and sequences: arguments, the function called, what wraps a value, which part of a sequence.

PAR's parameter templates (Kim et al., ICSE 2013), TBar's FP10 (method invocation).
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from .edit import Mutant
from .site import Site

_WRAPS = ("sorted({})", "list({})", "reversed({})", "set({})", "str({})", "int({})", "abs({})", "len({})")


def arguments(site: Site) -> Iterator[Mutant]:
    """Arguments swapped, left out, or given as the siblings are; elements of tuples and indices swapped."""
    for node in site.nodes:
        if isinstance(node, ast.Call):
            yield from _pairs(site, node.args, "swap arguments", 0.9)
            if len(node.args) > 1:
                for arg in node.args[1:]:
                    rest = [site.source(a) for a in (*node.args, *node.keywords) if a is not arg]  # type: ignore[arg-type]
                    yield site.replace(node, f"{site.source(node.func)}({', '.join(rest)})", "drop argument", 0.4)
            yield from _added(site, node)
            yield from _shrunk(site, node)
        elif isinstance(node, ast.Tuple | ast.List) and len(node.elts) > 1:
            index = isinstance(site.parents.get(node), ast.Subscript)
            yield from _pairs(site, node.elts, "swap elements", 0.75 if index else 0.6)
        elif isinstance(node, ast.IfExp):
            yield site.swap(node.body, node.orelse, "swap branches", 0.7)


def _pairs(site: Site, nodes: list[ast.expr], template: str, prior: float) -> Iterator[Mutant]:
    for i, one in enumerate(nodes):
        for other in nodes[i + 1 :]:
            if site.source(one) != site.source(other) and not isinstance(one, ast.Starred) | isinstance(
                other, ast.Starred
            ):
                yield site.swap(one, other, template, prior)


def _added(site: Site, node: ast.Call) -> Iterator[Mutant]:
    """A missing argument, where a function of this file or a builtin takes one more."""
    if not isinstance(node.func, ast.Name):
        if isinstance(node.func, ast.Attribute) and not node.args and node.func.attr in ("pop", "split", "strip"):
            yield site.replace(
                node,
                f"{site.source(node.func)}(0)" if node.func.attr == "pop" else site.source(node),
                "add argument",
                0.5,
            )
        return
    if node.func.id in ("sorted", "max", "min"):
        head, present = site.source(node)[:-1], {k.arg for k in node.keywords}
        if "reverse" not in present and node.func.id == "sorted":
            yield site.replace(node, f"{head}, reverse=True)", "add argument", 0.5)
        if "key" not in present:
            yield site.replace(node, f"{head}, key=len)", "add argument", 0.35)
        if "default" not in present and node.func.id != "sorted":
            yield site.replace(node, f"{head}, default=0)", "add argument", 0.5)
    for keyword in node.keywords:
        if keyword.arg == "reverse":
            rest = [site.source(a) for a in node.args] + [
                f"{k.arg}={site.source(k.value)}" for k in node.keywords if k is not keyword
            ]
            yield site.replace(node, f"{node.func.id}({', '.join(rest)})", "drop argument", 0.6)
    for function in site.siblings:
        if function.name == node.func.id and len(node.args) + len(node.keywords) < len(function.args.args):
            for name in site.bound_before(node):
                yield site.replace(
                    node, f"{site.source(node)[:-1]}{', ' if node.args else ''}{name})", "add argument", 0.7
                )


def _shrunk(site: Site, node: ast.Call) -> Iterator[Mutant]:
    """A recursion that must make progress: the argument a part, or one less, as the other arguments are."""
    own = {f.name for f in site.siblings} | {site.node.name}
    name = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
    for arg in node.args:
        if isinstance(arg, ast.Name | ast.Subscript) and name in own:
            for suffix in ("[1:]", "[:-1]"):
                yield site.replace(arg, f"{site.source(arg)}{suffix}", "shorter argument", 0.7)


def functions(site: Site) -> Iterator[Mutant]:
    """A sibling function of the same arity; a value wrapped in what makes it another kind, or taken out of that."""
    arity = {f.name: len(f.args.args) for f in site.siblings}
    for node in site.nodes:
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in arity:
            for name, count in arity.items():
                if name != node.func.id and count == len(node.args) + len(node.keywords):
                    yield site.replace(node.func, name, "other function", 0.7)
        elif isinstance(node, ast.Return) and node.value is not None:
            yield from _returned(site, node.value)


def _returned(site: Site, value: ast.expr) -> Iterator[Mutant]:
    text = site.source(value)
    for wrap in _WRAPS:
        if not text.startswith(wrap[:-3] + "("):
            yield site.replace(value, wrap.format(text), "wrap returned value", 0.4)
    if not isinstance(value, ast.Compare | ast.BoolOp | ast.Constant):
        yield site.replace(value, f"{site.atom(value)}[::-1]", "wrap returned value", 0.35)
        yield site.replace(value, f"-{site.atom(value)}", "wrap returned value", 0.3)
    if not isinstance(value, ast.Constant):
        yield site.replace(value, f"not {site.atom(value)}", "negate", 0.6)
    sequence = isinstance(value, ast.List | ast.ListComp | ast.BinOp | ast.Call | ast.Name)
    for name in site.bound_before(value):
        if name != text and sequence:
            yield site.replace(value, f"{name} + {text}", "add to returned value", 0.5)
            yield site.replace(value, f"{text} + {name}", "add to returned value", 0.5)


def sequences(site: Site) -> Iterator[Mutant]:
    """Part of a sequence where the whole is gone through; other bounds of a slice; keys that may be missing."""
    for node in site.nodes:
        if isinstance(node, ast.For | ast.comprehension):
            yield from _looped(site, node.iter)
        elif isinstance(node, ast.Slice):
            yield from _bounds(site, node)
        elif isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Load):
            yield from _element(site, node)


def _looped(site: Site, node: ast.expr) -> Iterator[Mutant]:
    text = site.atom(node)
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "range":
        args = [site.source(a) for a in node.args]
        if len(args) == 1:
            yield site.replace(node, f"range(1, {args[0]})", "other bounds", 0.75)
            yield site.replace(node, f"range(1, {args[0]} + 1)", "other bounds", 0.7)
            yield site.replace(node, f"range({args[0]} - 1, -1, -1)", "other direction", 0.5)
        elif len(args) == 2:
            yield site.replace(node, f"range({args[1]})", "other bounds", 0.5)
            yield site.replace(node, f"range({args[1]} - 1, {args[0]} - 1, -1)", "other direction", 0.45)
        return
    for part in ("[1:]", "[:-1]", "[::-1]"):
        yield site.replace(node, f"{text}{part}", "part of a sequence", 0.5)
    for name in site.bound_before(node):
        if name != text:
            yield site.replace(node, f"{text}[{name}:]", "part of a sequence", 0.45)
            yield site.replace(node, f"{text}[:{name}]", "part of a sequence", 0.45)
    for wrap in ("sorted({})", "list({})", "reversed({})", "set({})"):
        yield site.replace(node, wrap.format(site.source(node)), "other order", 0.4)


def _bounds(site: Site, node: ast.Slice) -> Iterator[Mutant]:
    parent = site.parents.get(node)
    if not isinstance(parent, ast.Subscript):
        return
    value = site.atom(parent.value)
    lower, upper = (site.source(part) if part else "" for part in (node.lower, node.upper))
    step = f":{site.source(node.step)}" if node.step else ""
    wanted = [("", upper), (lower, "")] if lower and upper else []
    wanted += [(upper, lower)]
    wanted += [("1", upper)] if not lower else []
    wanted += [(lower, "-1")] if not upper else []
    for low, high in wanted:
        if (low, high) != (lower, upper):
            yield site.replace(parent, f"{value}[{low}:{high}{step}]", "other bounds", 0.7)


def _element(site: Site, node: ast.Subscript) -> Iterator[Mutant]:
    if isinstance(node.slice, ast.Slice):
        yield site.replace(node, site.source(node.value), "whole sequence", 0.45)
        return
    value, key = site.source(node.value), site.source(node.slice)
    if not isinstance(node.slice, ast.Constant) or isinstance(node.slice.value, str):
        for default in ("0", "None", '""', "[]"):
            yield site.replace(node, f"{value}.get({key}, {default})", "missing key", 0.35)
    if isinstance(node.slice, ast.Constant) and node.slice.value == 0:
        yield site.replace(node, f"{value}[-1]", "other end", 0.6)
    if isinstance(node.slice, ast.UnaryOp) and key == "-1":
        yield site.replace(node, f"{value}[0]", "other end", 0.6)
        yield site.replace(node, f"{value}[-2]", "off by one", 0.4)
