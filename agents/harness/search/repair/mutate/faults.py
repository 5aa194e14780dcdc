"""Small faults as people make them, to ask whether the tests would notice: a few edits of the catalogue.

The sufficient operators of Offutt et al. (TOSEM 1996) and statement deletion (Deng et al., ICST 2013). What is known to
change nothing is left out: edits that compile to the same code (Papadakis et al., ICSE 2015), bounds at which both
branches give the same, and words for people in logs and errors.
"""

from __future__ import annotations

import ast
import types
from collections.abc import Iterator

from .conditions import conditions
from .constants import constants
from .edit import Mutant
from .operators import operators
from .site import Site
from .statements import moves

_BOUNDS = {"<": "<=", "<=": "<", ">": ">=", ">=": ">"}
_TOKENS: dict[str, dict[str, tuple[str, ...]]] = {
    "comparison operator": {
        "<": ("<=", ">="), "<=": ("<", ">"), ">": (">=", "<="), ">=": (">", "<"), "==": ("!=",), "!=": ("==",),
        "in": ("not in",), "not in": ("in",), "is": ("is not",), "is not": ("is",),
    },
    "arithmetic operator": {"+": ("-",), "-": ("+",), "*": ("/",), "/": ("*",), "//": ("/",), "**": ("*",)},
    "augmented operator": {"+": ("-",), "-": ("+",), "*": ("/",), "/": ("*",), "//": ("/",)},
    "Boolean operator": {"and": ("or",), "or": ("and",)},
}  # fmt: skip
_WHOLE = ("drop unary operator", "Boolean constant", "negate condition")
_LOGS = {"log", "logger", "logging", "_log", "_logger", "LOG", "LOGGER", "warnings", "print"}


def faults(site: Site) -> list[tuple[Mutant, bool]]:
    """Each fault, with whether it is a coarse one: not a bound or a number off by one."""
    try:
        before = compile(site.alone(), "", "exec", dont_inherit=True)
    except SyntaxError:
        return []  # one that does not stand alone, as under an `if`, cannot be replaced
    unseen = set(_unseen(site))
    found: dict[str, tuple[Mutant, bool]] = {}
    start, end = site.reach
    for mutant, coarse in _chosen(site):
        text = mutant.shifted(site.text, start, end)
        if text in found or any(first <= edit.start < last for first, last in unseen for edit in mutant.edits):
            continue
        if not _compiles_alike(before, site.alone(mutant)):
            found[text] = (mutant, coarse)
    return list(found.values())


def _chosen(site: Site) -> Iterator[tuple[Mutant, bool]]:
    yield from _removed(site)
    for mutant in operators(site):
        old, new = _tokens(site, mutant)
        if mutant.template in _WHOLE:
            yield mutant, True
        elif new in _TOKENS.get(mutant.template, {}).get(old, ()):
            bound = _BOUNDS.get(old) == new
            if not (bound and _meets(site, mutant)):
                yield mutant, not bound
    for mutant in constants(site):
        old, new = _tokens(site, mutant)
        if mutant.template in _WHOLE or (mutant.template == "other number" and _next(old, new)):
            yield mutant, mutant.template in _WHOLE
    for mutant in conditions(site):
        if mutant.template in _WHOLE:
            yield mutant, True
    for node in site.statements:
        if isinstance(node, ast.Return) and node.value is not None and not isinstance(node.value, ast.Constant):
            yield site.replace(node.value, "None", "return value", 0.5), True


def _tokens(site: Site, mutant: Mutant) -> tuple[str, str]:
    edit = mutant.edits[0]
    return " ".join(site.text[edit.start : edit.end].split()), edit.text


def _next(old: str, new: str) -> bool:
    try:
        return abs(int(old, 0) - int(new.strip("()"))) == 1
    except ValueError:
        return False


def _removed(site: Site) -> Iterator[tuple[Mutant, bool]]:
    kinds = ast.Expr | ast.Assign | ast.AugAssign | ast.Raise
    lines = {node.lineno for node in site.statements if isinstance(node, kinds) and node.lineno == node.end_lineno}
    for mutant in moves(site):
        if mutant.template == "delete statement" and mutant.line in lines:
            yield mutant, True


def _meets(site: Site, mutant: Mutant) -> bool:
    """Whether equal sides give the same on both ways: `if a < b: a = b`, `a if a < b else b`, a clamp."""
    at = mutant.edits[0].start
    for node in site.nodes:
        if isinstance(node, ast.Compare) and len(node.ops) == 1 and site.span(node.left)[1] <= at:
            right = node.comparators[0]
            if at < site.span(right)[0]:
                return _alike(site, node, {site.source(node.left), site.source(right)})
    return False


def _alike(site: Site, node: ast.Compare, sides: set[str]) -> bool:
    parent = site.parents.get(node)
    if isinstance(parent, ast.IfExp):
        return {site.source(parent.body), site.source(parent.orelse)} == sides
    if not isinstance(parent, ast.If) or len(parent.body) != 1 or parent.orelse:
        return False
    only = parent.body[0]
    if isinstance(only, ast.Assign):
        return {site.source(only.targets[0]), site.source(only.value)} == sides
    returned = {site.source(n.value) for n in site.statements if isinstance(n, ast.Return) and n.value is not None}
    return isinstance(only, ast.Return) and only.value is not None and site.source(only.value) in sides <= returned


def _unseen(site: Site) -> Iterator[tuple[int, int]]:
    """Spans of what is said to people: whole calls that log, and what a raised error says."""
    for node in site.statements:
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
            name: ast.expr = node.value.func
            while isinstance(name, ast.Attribute):
                if name.attr in _LOGS:
                    break
                name = name.value
            if (name.id if isinstance(name, ast.Name) else getattr(name, "attr", "")) in _LOGS:
                start, end = site.span(node)
                yield site.offset(node.lineno, 0), max(end, start + 1)
        elif isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call):
            yield site.span(node.exc)


def _compiles_alike(before: types.CodeType, text: str) -> bool:
    """Whether a text compiles to the same code, or to none."""
    try:
        return _same(before, compile(text, "", "exec", dont_inherit=True))
    except (SyntaxError, ValueError):
        return True


def _same(one: types.CodeType, other: types.CodeType) -> bool:
    if (one.co_code, one.co_names, len(one.co_consts)) != (other.co_code, other.co_names, len(other.co_consts)):
        return False
    return all(
        _same(a, b) if isinstance(a, types.CodeType) and isinstance(b, types.CodeType)
        else type(a) is type(b) and repr(a) == repr(b)
        for a, b in zip(one.co_consts, other.co_consts, strict=True)
    )  # fmt: skip
