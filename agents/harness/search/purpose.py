"""What a value is for: a default that is right to show may be wrong to reckon with, and wronger to decide by."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from enum import Enum


class Purpose(Enum):
    """How an expression is used."""

    SHOWN = "shown"  # written into text
    RECKONED = "reckoned"  # an operand
    DECIDES = "decides"  # compared, or a condition
    PASSED = "passed"  # anything else: returned, assigned, an argument


def purpose(parents: Mapping[ast.AST, ast.AST], node: ast.expr) -> Purpose:
    """What an expression is for, by the node it stands in."""
    parent = parents.get(node)
    if isinstance(parent, ast.FormattedValue):
        return Purpose.SHOWN
    if isinstance(parent, ast.Compare | ast.BoolOp):
        return Purpose.DECIDES
    if isinstance(parent, ast.If | ast.While | ast.IfExp | ast.Assert) and parent.test is node:
        return Purpose.DECIDES
    if isinstance(parent, ast.BinOp | ast.AugAssign | ast.UnaryOp):
        return Purpose.RECKONED
    return Purpose.PASSED


def differs(ours: Purpose, theirs: Purpose) -> bool:
    """Whether a default that serves there may be wrong here."""
    if ours is Purpose.DECIDES:
        return theirs is not Purpose.DECIDES
    return ours is Purpose.RECKONED and theirs is Purpose.SHOWN


def parents_of(root: ast.AST) -> dict[ast.AST, ast.AST]:
    """Each node below `root` with the node it stands in."""
    return {child: parent for parent in ast.walk(root) for child in ast.iter_child_nodes(parent)}
