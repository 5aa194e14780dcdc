"""A function that may be at fault, and the smallest textual edits in it.

Edits are text between character offsets taken from AST positions; the file is never printed from its tree, so
comments and layout stay.
"""

from __future__ import annotations

import ast
import builtins
import io
from collections.abc import Iterator
from functools import cached_property

from .edit import Edit, Mutant

FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef
_ATOMS = (
    ast.Name, ast.Constant, ast.Call, ast.Subscript, ast.Attribute, ast.List, ast.Tuple, ast.Dict, ast.ListComp,
    ast.JoinedStr, ast.Set,
)  # fmt: skip


class Site:
    """One function of a file.

    Args:
        text: the file.
        tree: the file, parsed.
        node: the function.
    """

    def __init__(self, text: str, tree: ast.Module, node: FunctionNode) -> None:
        self.text, self.tree, self.node = text, tree, node
        self._lines = list(io.StringIO(text, newline=""))
        self._starts = [0]
        for line in self._lines:
            self._starts.append(self._starts[-1] + len(line))
        self.parents: dict[ast.AST, ast.AST] = {c: p for p in ast.walk(node) for c in ast.iter_child_nodes(p)}

    def offset(self, line: int, column: int) -> int:
        """The character offset of a line (from 1) and a column in UTF-8 bytes, as the parser counts."""
        row = self._lines[line - 1] if line <= len(self._lines) else ""
        return self._starts[line - 1] + (
            column if row.isascii() else len(row.encode()[:column].decode("utf-8", "ignore"))
        )

    @cached_property
    def reach(self) -> tuple[int, int]:
        """Offsets of the function's lines, its decorators not among them."""
        return self._starts[self.node.lineno - 1], self._starts[self.node.end_lineno or self.node.lineno]

    @cached_property
    def _around(self) -> str:
        """What stands in for the lines above the function: the classes it is in, so that names are mangled alike."""
        lines = [""] * (self.node.lineno - 1)
        for outer in ast.walk(self.tree):
            if isinstance(outer, ast.ClassDef) and outer.lineno < self.node.lineno <= (outer.end_lineno or 0):
                lines[outer.lineno - 1] = f"{' ' * outer.col_offset}class {outer.name}:"
        return "".join(f"{line}\n" for line in lines)

    def alone(self, mutant: Mutant | None = None) -> str:
        """The function's text at its own lines, all else blank: what is compiled in place of the whole file."""
        start, end = self.reach
        return self._around + (mutant.shifted(self.text, start, end) if mutant else self.text[start:end])

    def span(self, node: ast.expr | ast.stmt) -> tuple[int, int]:
        """Where a node's text begins and ends."""
        return self.offset(node.lineno, node.col_offset), self.offset(
            node.end_lineno or node.lineno, node.end_col_offset or 0
        )

    def source(self, node: ast.expr | ast.stmt) -> str:
        """A node's text."""
        start, end = self.span(node)
        return self.text[start:end]

    def atom(self, node: ast.expr) -> str:
        """A node's text, in brackets where it needs them inside another expression."""
        text = self.source(node)
        return text if isinstance(node, _ATOMS) and not isinstance(node, ast.Tuple) else f"({text})"

    @cached_property
    def body(self) -> list[ast.stmt]:
        """The function's statements without its docstring."""
        docstring = ast.get_docstring(self.node, clean=False) is not None
        return self.node.body[1:] if docstring and len(self.node.body) > 1 else self.node.body

    @cached_property
    def nodes(self) -> list[ast.AST]:
        """All of the body's nodes, outer ones first."""
        return [found for statement in self.body for found in ast.walk(statement)]

    @cached_property
    def expressions(self) -> list[ast.expr]:
        """All values of the body that may be replaced."""
        return [n for n in self.nodes if isinstance(n, ast.expr) and not self._fixed(n)]

    def _fixed(self, node: ast.expr) -> bool:
        if isinstance(node, ast.Starred | ast.Slice):
            return True
        parent = self.parents.get(node)
        if isinstance(parent, ast.FormattedValue | ast.JoinedStr | ast.AnnAssign | ast.arg | ast.ExceptHandler):
            return not (isinstance(parent, ast.AnnAssign) and parent.value is node)
        if isinstance(parent, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            return True
        return isinstance(parent, ast.Expr) and isinstance(node, ast.Constant)

    @cached_property
    def statements(self) -> list[ast.stmt]:
        """All statements of the body, nested ones too."""
        return [n for n in self.nodes if isinstance(n, ast.stmt)]

    @cached_property
    def params(self) -> list[str]:
        """Names of the function's parameters."""
        a = self.node.args
        named = [arg.arg for arg in (*a.posonlyargs, *a.args, *a.kwonlyargs, *filter(None, (a.vararg, a.kwarg)))]
        return [name for name in named if name not in ("self", "cls")]

    @cached_property
    def locals(self) -> list[str]:
        """Names of parameters and of what the body binds, in order of appearance."""
        found = dict.fromkeys(self.params)
        for node in self.nodes:
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                found[node.id] = None
            elif isinstance(node, ast.FunctionDef):
                found.update(dict.fromkeys(arg.arg for arg in node.args.args))
        return [name for name in found if name != "_"]

    @cached_property
    def stores(self) -> dict[str, int]:
        """How often each local is bound, for those that are read somewhere; a parameter counts as bound once."""
        read = {n.id for n in self.nodes if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load)}
        bound = [n.id for n in self.nodes if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)]
        bound += [n.arg for n in ast.walk(self.node) if isinstance(n, ast.arg)]
        bound += [
            n.name for n in ast.walk(self.node) if isinstance(n, FunctionNode)
        ]  # a recursion that stops is one too
        return {name: bound.count(name) for name in set(bound) & read}

    @cached_property
    def siblings(self) -> list[FunctionNode]:
        """Functions of the same file, and those nested in this one."""
        return [n for n in ast.walk(self.tree) if isinstance(n, FunctionNode)]

    @cached_property
    def callables(self) -> set[str]:
        """Names that are called and never bound as values here."""
        called = {n.func.id for n in self.nodes if isinstance(n, ast.Call) and isinstance(n.func, ast.Name)}
        return (called | {f.name for f in self.siblings} | set(dir(builtins))) - set(self.locals)

    @cached_property
    def ingredients(self) -> list[str]:
        """Texts of the function's own expressions (the plastic surgery hypothesis, Barr et al., FSE 2014)."""
        kinds = ast.Subscript | ast.Attribute | ast.Call | ast.BinOp | ast.Compare
        found: dict[str, None] = {}
        for node in self.nodes:
            if (isinstance(node, kinds) and not isinstance(self.parents.get(node), ast.Call | ast.Attribute)) or (
                isinstance(node, kinds) and node not in self._called
            ):
                found[self.source(node)] = None
        return [text for text in found if len(text) <= 60 and "\n" not in text][:40]

    @cached_property
    def _called(self) -> set[ast.AST]:
        return {n.func for n in self.nodes if isinstance(n, ast.Call)}

    def loads(self, node: ast.expr) -> bool:
        """Whether a node is read here: not a target, not what is called."""
        return isinstance(getattr(node, "ctx", ast.Load()), ast.Load) and node not in self._called

    def bound_before(self, node: ast.AST) -> list[str]:
        """Names that may have a value where a node stands: bound on an earlier line or the same."""
        line = getattr(node, "lineno", 0)
        inside = {c.id for c in ast.walk(node) if isinstance(c, ast.Name) and isinstance(c.ctx, ast.Store)}
        return [name for name in self.locals if self._first[name] <= line or name in inside]

    @cached_property
    def _first(self) -> dict[str, int]:
        first = dict.fromkeys([*self.params, *self.locals], 0)
        for node in reversed(self.nodes):
            if (
                isinstance(node, ast.Name)
                and isinstance(node.ctx, ast.Store)
                and node.id in first.keys() - set(self.params)
            ):
                first[node.id] = min(first[node.id] or node.lineno, node.lineno)
        return first

    def replace(self, node: ast.expr, text: str, template: str, prior: float, *, silencing: bool = False) -> Mutant:
        """Another text for an expression."""
        start, end = self.span(node)
        return Mutant((Edit(start, end, text),), node.lineno, template, prior, silencing)

    def swap(self, one: ast.expr, other: ast.expr, template: str, prior: float) -> Mutant:
        """Two expressions in each other's place."""
        edits = Edit(*self.span(one), self.source(other)), Edit(*self.span(other), self.source(one))
        return Mutant(edits, one.lineno, template, prior)

    def between(self, left: ast.expr, right: ast.expr, text: str, template: str, prior: float) -> Mutant:
        """Another operator between two operands, brackets around them kept."""
        start, end = self.span(left)[1], self.span(right)[0]
        gap = self.text[start:end]
        closing, opening = len(gap) - len(gap.lstrip(" \t)")), len(gap) - len(gap.rstrip(" \t(\n"))
        edit = Edit(start + closing, end - opening, text)
        return Mutant((edit,), left.end_lineno or left.lineno, template, prior)

    def whole_line(self, statement: ast.stmt) -> bool:
        """Whether a statement has its lines for itself."""
        start, end = self.span(statement)
        line_end = self.text.find("\n", end)
        rest = self.text[end : line_end if line_end >= 0 else len(self.text)].strip()
        return not self.text[self._starts[statement.lineno - 1] : start].strip() and (not rest or rest.startswith("#"))

    def insert_before(
        self, statement: ast.stmt, lines: list[str], template: str, prior: float, *, silencing: bool = False
    ) -> Mutant:
        """New lines above a statement, at its depth."""
        start = self._starts[statement.lineno - 1]
        indent = self.text[start : self.span(statement)[0]]
        edit = Edit(start, start, "".join(f"{indent}{line}\n" for line in lines))
        return Mutant((edit,), statement.lineno, template, prior, silencing)

    def insert_after(self, statement: ast.stmt, lines: list[str], template: str, prior: float) -> Mutant:
        """New lines below a statement, at its depth."""
        last = statement.end_lineno or statement.lineno
        indent = self.text[self._starts[statement.lineno - 1] : self.span(statement)[0]]
        at = self._starts[last]
        lead = "" if self._lines[last - 1].endswith("\n") else "\n"
        edit = Edit(at, at, lead + "".join(f"{indent}{line}\n" for line in lines))
        return Mutant((edit,), last, template, prior)

    def delete(self, statement: ast.stmt, template: str, prior: float) -> Mutant:
        """Without a statement; `pass` stays where a block would be empty."""
        alone = any(block == [statement] for block in self.blocks)
        start, end = self.span(statement)
        if not alone:
            start, end = self._starts[statement.lineno - 1], self._starts[statement.end_lineno or statement.lineno]
        return Mutant((Edit(start, end, "pass" if alone else ""),), statement.lineno, template, prior, True)

    @cached_property
    def blocks(self) -> list[list[ast.stmt]]:
        """Every list of statements in the body."""
        return list(self._blocks(self.node))

    def _blocks(self, node: ast.AST) -> Iterator[list[ast.stmt]]:
        for name in ("body", "orelse", "finalbody"):
            block = getattr(node, name, None)
            if isinstance(block, list) and block:
                yield self.body if node is self.node and name == "body" else block
        for child in ast.iter_child_nodes(node):
            yield from self._blocks(child)
