"""Conditions: negated, narrowed, widened (TBar's FP6; ACS, Xiong et al., ICSE 2017; Nopol, Xuan et al., TSE 2017)."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from .edit import Mutant
from .site import Site


def conditions(site: Site) -> Iterator[Mutant]:
    """Every test of an `if`, `while`, conditional expression and filter: negated, with one part more, or another."""
    for node in site.nodes:
        if isinstance(node, ast.If | ast.While | ast.IfExp):
            yield from _test(site, node.test)
        elif isinstance(node, ast.comprehension):
            for test in node.ifs:
                yield from _test(site, test)
        elif isinstance(node, ast.Return) and isinstance(node.value, ast.Compare | ast.BoolOp):
            yield from _widened(site, node.value, 0.8)


def _test(site: Site, test: ast.expr) -> Iterator[Mutant]:
    if not (isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not)):
        yield site.replace(test, f"not ({site.source(test)})" if isinstance(test, ast.BoolOp | ast.Compare | ast.IfExp)
                           else f"not {site.source(test)}", "negate condition", 0.8)  # fmt: skip
    if not isinstance(test, ast.Constant):
        yield from _widened(site, test, 1.0)


def parts(site: Site, node: ast.expr | None, place: ast.AST) -> Iterator[tuple[str, float]]:
    """Conditions that could be meant too, with how likely: emptiness or absence of what is used, and others."""
    inside = list(ast.walk(node)) if node is not None else []
    used = {n.id for n in inside if isinstance(n, ast.Name)}
    for part in inside:
        if isinstance(part, ast.Attribute | ast.Subscript) and isinstance(part.value, ast.Name):
            yield f"{part.value.id} is None", 0.65
            yield f"{part.value.id} is not None", 0.6
    for name in site.bound_before(place):
        near = 0.5 if name in used else 0.45
        yield f"not {name}", near
        yield name, near
        if name in used:
            yield f"{name} is None", near - 0.05
            yield f"{name} == 0", near - 0.15
            yield f"{name} < 0", near - 0.15
            yield f"{name} > 0", near - 0.15
    for text in site.ingredients:
        if any(op in text for op in ("==", "<", ">", " in ", " is ", "!=")):
            yield text, 0.45


def _widened(site: Site, test: ast.expr, weight: float) -> Iterator[Mutant]:
    text = site.source(test)
    for extra, prior in parts(site, test, test):
        if extra == text:
            continue
        # What guards an attribute or an index has to come first.
        guard = extra.endswith("None") or extra.startswith("not ")
        for word in ("or", "and"):
            one = _fenced(text, test, word)
            other = f"({extra})" if word == "and" and " or " in extra else extra
            new = f"{other} {word} {one}" if guard else f"{one} {word} {other}"
            inside = isinstance(site.parents.get(test), ast.BoolOp | ast.UnaryOp | ast.IfExp)
            template = "further disjunct" if word == "or" else "further conjunct"
            yield site.replace(test, f"({new})" if inside else new, template, prior * weight)
    for name in site.bound_before(test):
        if name != text:
            yield site.replace(test, name, "other condition", 0.3)


def _fenced(text: str, node: ast.expr, word: str) -> str:
    loose = (isinstance(node, ast.BoolOp) and isinstance(node.op, ast.Or) and word == "and") or isinstance(
        node, ast.IfExp | ast.Lambda | ast.NamedExpr
    )
    return f"({text})" if loose else text
