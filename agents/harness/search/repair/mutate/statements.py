"""Statements: inserted from what the function has, moved, left out, guarded.

GenProg's (Le Goues et al., TSE 2012) insert, delete and swap with ingredients of the same function, TBar's FP2 and FP3
(checkers), PAR's null and range checks.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from .conditions import parts
from .edit import Edit, Mutant
from .site import Site

_ADD = {"set": "add", "Set": "add", "list": "append", "List": "append", "deque": "append"}


def control(site: Site) -> Iterator[Mutant]:
    """Branches swapped, `if` for `while`, `break` for `continue`, `yield` for `return`, blocks moved by a level."""
    for node in site.statements:
        if isinstance(node, ast.If) and len(node.body) == 1 == len(node.orelse):
            one, other = node.body[0], node.orelse[0]
            if site.whole_line(one) and site.whole_line(other) and not isinstance(other, ast.If):
                yield _exchanged(site, one, other, "swap branches", 0.6)
        start, _ = site.span(node)
        for kind, now, later in (
            (ast.If, "if", "while"), (ast.While, "while", "if"), (ast.Break, "break", "continue"),
            (ast.Continue, "continue", "break"), (ast.Return, "return", "yield"),
        ):  # fmt: skip
            if isinstance(node, kind) and site.text.startswith(now, start):
                if isinstance(node, ast.If | ast.While) and node.orelse:
                    continue
                yield Mutant((Edit(start, start + len(now), later),), node.lineno, "other control", 0.4)
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Yield) and node.value.value is not None:
            inner = site.source(node.value.value)
            yield site.replace(node.value, f"yield from {inner}", "delegate", 0.75)
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.YieldFrom):
            yield site.replace(node.value, f"yield {site.source(node.value.value)}", "delegate", 0.6)
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
            yield from _bare_call(site, node, node.value)


def _exchanged(site: Site, one: ast.stmt, other: ast.stmt, template: str, prior: float) -> Mutant:
    edits = Edit(*site.span(one), site.source(other)), Edit(*site.span(other), site.source(one))
    return Mutant(edits, one.lineno, template, prior)


def _bare_call(site: Site, node: ast.Expr, call: ast.Call) -> Iterator[Mutant]:
    text = site.source(call)
    yield site.replace(call, f"return {text}", "return the value", 0.5)
    own = {f.name for f in site.siblings}
    if isinstance(call.func, ast.Name) and call.func.id in own:
        yield site.replace(call, f"yield from {text}", "delegate", 0.4)
    if isinstance(call.func, ast.Attribute):
        receiver = site.source(call.func.value)
        if len(call.args) == 1:
            yield site.replace(call, f"{receiver} = {site.source(call.args[0])}", "assign, not update", 0.45)
        if isinstance(call.func.value, ast.Name):
            yield site.replace(call, f"{receiver} = {text}", "keep the result", 0.5)


def insertions(site: Site) -> Iterator[Mutant]:
    """Statements that may be missing, at every place: ingredients, updates of collections, assignments."""
    texts = list(_missing(site))
    for block in site.blocks:
        for statement in block:
            if not site.whole_line(statement):
                continue
            bound = set(site.bound_before(statement))
            for text, names, prior in texts:
                if names <= bound:
                    yield site.insert_before(statement, [text], "insert statement", prior)
        last = block[-1]
        if site.whole_line(last) and not isinstance(last, ast.Return | ast.Raise | ast.Break | ast.Continue):
            bound = set(site.bound_before(last)) | {n for n in site.locals if site._first[n] <= (last.end_lineno or 0)}
            for text, names, prior in texts:
                if names <= bound:
                    yield site.insert_after(last, [text], "insert statement", prior + 0.02)


def _missing(site: Site) -> Iterator[tuple[str, set[str], float]]:
    """Statements with the locals they need and how likely they are."""
    found: dict[str, float] = {}
    for text, prior in (*_present(site), *_updates(site)):
        found[text] = max(prior, found.get(text, 0.0))
    for text, prior in found.items():
        names = {n.id for n in ast.walk(ast.parse(text)) if isinstance(n, ast.Name)}
        yield text, names & set(site.locals), prior


def _present(site: Site) -> Iterator[tuple[str, float]]:
    """The function's own simple statements, and its calls with another local as an argument."""
    for node in site.statements:
        if not isinstance(node, ast.Expr | ast.AugAssign | ast.Assign) or node.lineno != node.end_lineno:
            continue
        if isinstance(node, ast.Expr) and not isinstance(node.value, ast.Call):
            continue
        yield site.source(node), 0.5
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
            first, last = site.span(node)
            for arg in node.value.args:
                start, end = site.span(arg)
                for name in site.locals if isinstance(arg, ast.Name) else ():
                    yield site.text[first:start] + name + site.text[end:last], 0.45


def _updates(site: Site) -> Iterator[tuple[str, float]]:
    """Collections that get an element, and locals that get another's value or one more or less."""
    for name, method in _collections(site):
        for other in site.locals:
            if other != name:
                yield f"{name}.{method}({other})", 0.42
    stored = [n.id for n in site.nodes if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)]
    for name in dict.fromkeys(stored):
        for other in site.locals:
            if other != name:
                yield f"{name} = {other}", 0.35
        yield f"{name} += 1", 0.3
        yield f"{name} -= 1", 0.3


def _collections(site: Site) -> Iterator[tuple[str, str]]:
    for node in site.nodes:
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            value = node.value
            if isinstance(value, ast.List | ast.ListComp):
                yield node.targets[0].id, "append"
            elif isinstance(value, ast.Set):
                yield node.targets[0].id, "add"
            elif isinstance(value, ast.Call) and isinstance(value.func, ast.Name) and value.func.id in _ADD:
                yield node.targets[0].id, _ADD[value.func.id]


def guards(site: Site) -> Iterator[Mutant]:
    """An early way out with a base case: what the function returns elsewhere, or a neutral value."""
    returned = [site.source(n.value) for n in site.nodes if isinstance(n, ast.Return) and n.value is not None]
    values = [text for text in dict.fromkeys(returned) if len(text) < 30]
    neutral = [text for text in ("None", "0", "[]", '""', "False", "True", "1", "{}") if text not in values]
    first = site.body[0]
    if site.whole_line(first):
        for name in site.params:
            for test in (f"not {name}", f"{name} == 0", f"{name} <= 0", f"{name} is None", f"{name} == 1"):
                for rank, value in enumerate([*values[:4], name, *neutral]):
                    named = {n.id for n in ast.walk(ast.parse(value)) if isinstance(n, ast.Name)}
                    if named & (set(site.locals) - set(site.params)):
                        continue
                    lines = [f"if {test}:", f"    return {value}"]
                    yield site.insert_before(first, lines, "guard", 0.4 - 0.015 * rank, silencing=value == "None")
    for loop in site.statements:
        if isinstance(loop, ast.For | ast.While) and site.whole_line(loop.body[0]):
            head = loop.body[0]
            for test, prior in parts(site, head.test if isinstance(head, ast.If) else None, head):
                for way in ("continue", "break"):
                    yield site.insert_before(loop.body[0], [f"if {test}:", f"    {way}"], "guard", prior * 0.6)


def moves(site: Site) -> Iterator[Mutant]:
    """A statement left out, one place up or down, or out of or into a block."""
    for block in site.blocks:
        for index, statement in enumerate(block):
            if not site.whole_line(statement) or isinstance(statement, ast.Import | ast.ImportFrom | ast.FunctionDef):
                continue
            yield site.delete(statement, "delete statement", 0.35)
            if isinstance(statement, ast.If) and not statement.orelse:
                yield from _unwrapped(site, statement)
            if index + 1 < len(block) and site.whole_line(block[index + 1]):
                other = block[index + 1]
                if not isinstance(statement, ast.Return | ast.Raise) and not isinstance(other, ast.FunctionDef):
                    yield _exchanged(site, statement, other, "swap statements", 0.5)
        last = block[-1]
        if block is not site.body and site.whole_line(last) and last.lineno == last.end_lineno and len(block) > 1:
            yield from _outdented(site, last)
    for outer in site.statements:
        if isinstance(outer, ast.For | ast.While | ast.If) and not outer.orelse:
            yield from _indented(site, outer)


def _lines(site: Site, statement: ast.stmt) -> tuple[int, int]:
    return site._starts[statement.lineno - 1], site._starts[statement.end_lineno or statement.lineno]


def _unwrapped(site: Site, node: ast.If) -> Iterator[Mutant]:
    if site.whole_line(node.body[0]) and all(s.lineno == s.end_lineno for s in node.body):
        indent = " " * node.col_offset
        text = "".join(f"{indent}{site.source(s)}\n" for s in node.body)
        start, end = _lines(site, node)
        yield Mutant((Edit(start, end, text),), node.lineno, "drop condition", 0.35)


def _outdented(site: Site, last: ast.stmt) -> Iterator[Mutant]:
    outer = site.parents.get(last)
    if isinstance(outer, ast.For | ast.While | ast.If) and not outer.orelse and outer.end_lineno == last.end_lineno:
        start, end = _lines(site, last)
        text = f"{' ' * outer.col_offset}{site.source(last)}\n"
        yield Mutant((Edit(start, end, text),), last.lineno, "move out of the block", 0.6)


def _indented(site: Site, outer: ast.For | ast.While | ast.If) -> Iterator[Mutant]:
    for block in site.blocks:
        if outer in block and block.index(outer) + 1 < len(block):
            after = block[block.index(outer) + 1]
            if after.lineno == after.end_lineno == (outer.end_lineno or 0) + 1 and site.whole_line(after):
                start, end = _lines(site, after)
                text = f"{' ' * outer.body[0].col_offset}{site.source(after)}\n"
                yield Mutant((Edit(start, end, text),), after.lineno, "move into the block", 0.5)
