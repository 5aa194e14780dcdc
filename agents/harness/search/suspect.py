"""The suspected place: the crashing statement at the base, with what was captured there."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from agents.harness import Brief
from agents.harness.search.codemap import CodeMap, Function, source_lines
from agents.harness.search.flow import Place, places
from agents.harness.search.importing import reachable, with_name

_FRAME = re.compile(r'File "([^"]+)", line (\d+), in (\S+)')


@dataclass(frozen=True)
class Candidate:
    """A possible change to one file.

    `evidence`: 4 the code base has a function for this very case, 3 it treats this case elsewhere in the same way, or
    the idiom has one meaning; 2 types or names speak for it; 1 the value is made up. `silencing`: it makes the error
    go away where a value matters. `borrowed`: what speaks for it was said of another purpose, or it mends where a
    value is used while another function may be at fault; a person is to say whether it holds here.
    """

    path: str
    text: str  # the file's new text
    label: str  # what it does, in plain words
    evidence: int
    why: str
    template: str
    silencing: bool = False
    size: int = 0  # characters that differ
    borrowed: bool = False
    means_more: bool = False  # it is meant to give other values than before where nothing failed
    function: str = ""  # the function that is changed
    line: int = 0  # where it begins
    outward: int = 0  # how many frames out of the crash it is seen: 0, the failing call itself shows it


class Suspect:
    """Where to change, and what is known there.

    Args:
        brief: the report.
        code: the tree's code.
        function: the function that crashes.
        line: the crashing line at the base.
        place: another place that the value came through, instead of the crash.
    """

    def __init__(self, brief: Brief, code: CodeMap, function: Function, line: int, place: Place | None = None) -> None:
        self.code = code
        self.path = function.path
        self.function = function
        self.line = line
        self.exception = brief.occurrences[0].exception
        self.message = brief.occurrences[0].message
        parsed = code.parse(function.path)
        assert parsed is not None
        self.text, self.module = parsed
        own = [frame for frame in brief.occurrences[0].frames if frame.path]
        self.vars: dict[str, Any] = place.vars if place else own[-1].vars if own else {}
        self.place = place
        self.outward = place.outward if place else 0
        self._starts = [0]
        for row in source_lines(self.text, ends=True):
            self._starts.append(self._starts[-1] + len(row.encode()))

    @cached_property
    def statement(self) -> ast.stmt:
        """The innermost statement of the crashing line."""
        best: ast.stmt = self.function.node
        for node in ast.walk(self.function.node):
            if isinstance(node, ast.stmt) and node.lineno <= self.line <= (node.end_lineno or 0):
                best = node if node.lineno >= best.lineno else best
        return best

    @cached_property
    def expressions(self) -> list[ast.expr]:
        """The expressions evaluated at the crashing line, in source order."""
        stmt = self.statement
        if isinstance(stmt, ast.For | ast.AsyncFor):
            roots: list[ast.AST] = [stmt.iter]
        elif isinstance(stmt, ast.If | ast.While):
            roots = [stmt.test]
        elif isinstance(stmt, ast.With | ast.AsyncWith):
            roots = list(stmt.items)
        else:
            roots = [stmt]
        found = [n for root in roots for n in ast.walk(root) if isinstance(n, ast.expr)]
        near = [n for n in found if n.lineno <= self.line <= (n.end_lineno or 0)]
        return sorted(near or found, key=lambda n: (n.lineno, n.col_offset))

    @cached_property
    def parents(self) -> dict[ast.AST, ast.AST]:
        """Each node's parent within the module."""
        return {child: node for node in ast.walk(self.module) for child in ast.iter_child_nodes(node)}

    def ancestors(self, node: ast.AST) -> Iterator[ast.AST]:
        """The node's parents, nearest first."""
        while (parent := self.parents.get(node)) is not None:
            yield parent
            node = parent

    def chain(self, node: ast.expr) -> ast.expr:
        """The longest chain of attribute, index and call that hangs on a node."""
        for parent in self.ancestors(node):
            if (isinstance(parent, ast.Attribute | ast.Subscript) and parent.value is node) or (
                isinstance(parent, ast.Call) and parent.func is node
            ):
                node = parent
            else:
                break
        return node

    def offset(self, line: int, column: int) -> int:
        """The byte offset of an AST position."""
        return self._starts[line - 1] + column

    def source(self, node: ast.expr | ast.stmt) -> str:
        """A node's text as it stands."""
        return ast.get_source_segment(self.text, node) or ast.unparse(node)

    def replace(self, node: ast.expr | ast.stmt | ast.keyword, text: str) -> str:
        """The file with a node's text replaced and everything else as it was."""
        data = self.text.encode()
        start = self.offset(node.lineno, node.col_offset)
        end = self.offset(node.end_lineno or node.lineno, node.end_col_offset or node.col_offset)
        return (data[:start] + text.encode() + data[end:]).decode()

    def insert_before(self, stmt: ast.stmt, lines: list[str]) -> str:
        """The file with lines put before a statement, at its indentation."""
        indent = " " * stmt.col_offset
        rows = source_lines(self.text, ends=True)
        at = stmt.lineno - 1
        return "".join([*rows[:at], *(f"{indent}{line}\n" for line in lines), *rows[at:]])

    @cached_property
    def scope(self) -> set[str]:
        """Names that exist at the crashing line: parameters, earlier assignments, module names and builtins."""
        names = set(self.function.params)
        for node in ast.walk(self.function.node):
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store) and node.lineno < self.line:
                names.add(node.id)
        return names | self.globals

    @cached_property
    def globals(self) -> set[str]:
        """Names the module itself defines or imports."""
        names: set[str] = set(dir(__builtins__) if not isinstance(__builtins__, dict) else __builtins__)
        for node in self.module.body:
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                names.add(node.name)
            elif isinstance(node, ast.Import | ast.ImportFrom):
                names |= {(alias.asname or alias.name).split(".")[0] for alias in node.names}
            else:
                names |= {n.id for n in ast.walk(node) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
        return names

    def known(self, node: ast.expr) -> bool:
        """Whether every name of an expression exists here."""
        return all(n.id in self.scope for n in ast.walk(node) if isinstance(n, ast.Name))

    def candidate(
        self, text: str, label: str, evidence: int, why: str, template: str, *, silencing: bool = False,
        borrowed: bool = False,
    ) -> Candidate | None:  # fmt: skip
        """A candidate, unless its text is no Python or changes nothing."""
        try:
            changed = ast.dump(ast.parse(text)) != ast.dump(self.module)
        except (SyntaxError, ValueError, RecursionError):
            return None
        if not changed:
            return None
        size = abs(len(text) - len(self.text))
        name = self.function.name
        return Candidate(
            self.path, text, label, evidence, why, template, silencing, size, borrowed, function=name,
            line=self.function.node.lineno, outward=self.outward,
        )  # fmt: skip

    def importing(self, text: str, function: Function) -> str | None:
        """A text of this file in which another function of the product is known; None where it cannot be."""
        if function.path == self.path:
            return text
        if not reachable(self.code, self.path, function):
            return None
        return with_name(text, self.code.module(function.path), function.name)


def locate(brief: Brief, code: CodeMap) -> Suspect | None:
    """The suspected place: the in-app frame where the reproduction crashed, else the captured one."""
    found = brief.reproduction
    place: tuple[str, int, str] | None = None
    if found.confirmed:
        for path, line, name in _FRAME.findall(found.log):
            if path.endswith(found.file) and name == found.function.rsplit(".", 1)[-1]:
                place = (found.file, int(line), name)
    elif found.file:
        place = (found.file, found.line, found.function)
    if place is None:
        return None
    function = code.function_at(*place)
    return Suspect(brief, code, function, place[1]) if function is not None else None


def elsewhere(brief: Brief, suspect: Suspect) -> list[Suspect]:
    """The other places that the values of the crashing line came through."""
    frames = brief.occurrences[0].frames
    found = places(suspect.code, frames, suspect.function, suspect.expressions)
    return [Suspect(brief, suspect.code, place.function, place.line, place) for place in found]


def same(left: ast.AST, right: ast.AST) -> bool:
    """Whether two nodes are the same code, positions aside."""
    return ast.dump(left) == ast.dump(right)


def last_name(node: ast.expr) -> str:
    """The word an expression ends in: `partner` of `customer["partner"]` and of `self.partner`."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        return node.attr
    if isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Constant):
        return str(node.slice.value)
    if isinstance(node, ast.Call):
        if isinstance(node.func, ast.Attribute) and node.func.attr == "get" and node.args:
            first = node.args[0]
            return str(first.value) if isinstance(first, ast.Constant) else ""
        return last_name(node.func)
    return ""
