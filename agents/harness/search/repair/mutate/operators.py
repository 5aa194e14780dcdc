"""Other operators.

TBar's FP11 (Liu et al., ISSTA 2019), and the wrong-operator classes that QuixBugs (Lin et al., SPLASH 2017) names.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from .edit import Edit, Mutant
from .site import Site

_COMPARE: dict[type[ast.cmpop], tuple[str, ...]] = {
    ast.Lt: ("<=", ">", ">=", "!=", "=="), ast.LtE: ("<", ">=", ">", "==", "!="), ast.Gt: (">=", "<", "<=", "!=", "=="),
    ast.GtE: (">", "<=", "<", "==", "!="), ast.Eq: ("!=", "<=", ">=", "<", ">"),
    ast.NotEq: ("==", "<", ">", "<=", ">="),
    ast.In: ("not in",), ast.NotIn: ("in",), ast.Is: ("is not", "=="), ast.IsNot: ("is", "!="),
}  # fmt: skip
_ARITHMETIC: dict[type[ast.operator], tuple[str, ...]] = {
    ast.Add: ("-", "*"), ast.Sub: ("+", "*", "%"), ast.Mult: ("+", "/", "//", "**", "-"), ast.Div: ("//", "*", "%"),
    ast.FloorDiv: ("/", "%", "*"), ast.Mod: ("//", "/"), ast.Pow: ("*",), ast.BitXor: ("&", "|", "**"),
    ast.BitAnd: ("|", "^"), ast.BitOr: ("&", "^"), ast.LShift: (">>",), ast.RShift: ("<<",),
}  # fmt: skip
_TOKENS = {
    ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/", ast.FloorDiv: "//", ast.Mod: "%", ast.Pow: "**",
    ast.BitXor: "^", ast.BitAnd: "&", ast.BitOr: "|", ast.LShift: "<<", ast.RShift: ">>",
}  # fmt: skip


def operators(site: Site) -> Iterator[Mutant]:
    """Every operator replaced by its relatives, and operands swapped or dropped."""
    for node in site.nodes:
        if isinstance(node, ast.Compare):
            yield from _compare(site, node)
        elif isinstance(node, ast.BinOp):
            yield from _binary(site, node)
        elif isinstance(node, ast.BoolOp):
            yield from _boolean(site, node)
        elif isinstance(node, ast.AugAssign):
            yield from _augmented(site, node)
        elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not | ast.USub):
            yield site.replace(node, site.source(node.operand), "drop unary operator", 0.7)


def _compare(site: Site, node: ast.Compare) -> Iterator[Mutant]:
    sides = [node.left, *node.comparators]
    for left, op, right in zip(sides, node.ops, sides[1:], strict=False):
        for rank, text in enumerate(_COMPARE[type(op)]):
            yield site.between(left, right, text, "comparison operator", 1.0 - 0.08 * rank)
    if len(node.ops) == 1 and isinstance(node.ops[0], ast.Eq):
        # An equality that should be a bound: both parts change, and the number may too.
        right = node.comparators[0]
        if isinstance(right, ast.Constant) and type(right.value) is int:
            for op_text, number in (("<=", right.value + 1), (">=", right.value + 1), ("<=", right.value - 1)):
                text = f"{site.source(node.left)} {op_text} {number}"
                yield site.replace(node, text, "bound instead of equality", 0.6)


def _binary(site: Site, node: ast.BinOp) -> Iterator[Mutant]:
    for rank, text in enumerate(_ARITHMETIC.get(type(node.op), ())):
        if isinstance(node.left, ast.Constant) and isinstance(node.left.value, str) and text != "+":
            continue
        yield site.between(node.left, node.right, text, "arithmetic operator", 0.85 - 0.1 * rank)
    yield site.replace(node, site.source(node.left), "drop operand", 0.6)
    yield site.replace(node, site.source(node.right), "drop operand", 0.6)
    if not isinstance(node.op, ast.Mult) and site.source(node.left) != site.source(node.right):
        yield site.swap(node.left, node.right, "swap operands", 0.75)
    if isinstance(node.left, ast.BinOp) and type(node.left.op) is not type(node.op):
        # Precedence: a - b * c against (a - b) * c.
        inner = node.left
        if inner.op.__class__ in (ast.Mult, ast.Div, ast.FloorDiv) and isinstance(node.op, ast.Add | ast.Sub):
            text = f"{site.atom(inner.left)} {_TOKENS[type(inner.op)]} ({site.source(inner.right)} "
            text += f"{_TOKENS[type(node.op)]} {site.source(node.right)})"
            yield site.replace(node, text, "precedence", 0.6)
    if isinstance(node.right, ast.BinOp) and isinstance(node.op, ast.Add | ast.Sub):
        inner = node.right
        if isinstance(inner.op, ast.Mult | ast.Div | ast.FloorDiv):
            text = f"({site.source(node.left)} {_TOKENS[type(node.op)]} {site.source(inner.left)}) "
            text += f"{_TOKENS[type(inner.op)]} {site.atom(inner.right)}"
            yield site.replace(node, text, "precedence", 0.6)


def _boolean(site: Site, node: ast.BoolOp) -> Iterator[Mutant]:
    other = "or" if isinstance(node.op, ast.And) else "and"
    edits = [
        site.between(left, right, other, "", 0).edits[0]
        for left, right in zip(node.values, node.values[1:], strict=False)
    ]
    yield Mutant(tuple(edits), node.lineno, "Boolean operator", 0.95)
    for part in node.values:
        rest = [value for value in node.values if value is not part]
        word = " and " if isinstance(node.op, ast.And) else " or "
        yield site.replace(node, word.join(site.source(value) for value in rest), "drop condition", 0.65)


def _augmented(site: Site, node: ast.AugAssign) -> Iterator[Mutant]:
    start, end = site.span(node.target)[1], site.span(node.value)[0]
    at = site.text.index("=", start)
    token = _TOKENS.get(type(node.op), "")
    for rank, text in enumerate(_ARITHMETIC.get(type(node.op), ())):
        edit = Edit(site.text.index(token, start), at, text)
        yield Mutant((edit,), node.lineno, "augmented operator", 0.95 - 0.08 * rank)
    if token and at < end:
        yield Mutant((Edit(site.text.index(token, start), at + 1, "="),), node.lineno, "assign, not accumulate", 0.5)
