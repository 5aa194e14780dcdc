"""The calls that show a failure, one test for each frame that can be called again, and calls near them."""

from __future__ import annotations

import ast
import copy
from collections.abc import Iterator
from dataclasses import dataclass

from agents.harness import Brief
from agents.harness.search.codemap import CodeMap
from agents.harness.search.reproduce.calls import calls
from agents.harness.search.reproduce.run import command
from agents.harness.search.reproduce.written import regression_test

_PROBES = 48  # calls near the captured one
_LEAVES = 16


@dataclass(frozen=True)
class Trial:
    """A test whose calls fail at the base.

    `outward`: how many frames out of the crash the called function is. A change there or further in can be seen.
    """

    outward: int
    path: str
    source: str
    command: list[str]
    call: str


def trials(brief: Brief, code: CodeMap) -> list[Trial]:
    """The reproduction, and the same failure seen from the frames around it, innermost first."""
    found = brief.reproduction
    occurrence = brief.occurrences[0]
    own = [frame for frame in occurrence.frames if frame.path]
    depth: dict[tuple[str, str], int] = {}
    for outward, frame in enumerate(reversed(own)):
        function = code.function_at(frame.path or "", frame.line, frame.function)
        if function is not None:
            depth.setdefault((function.path, function.name), outward)
    made: list[Trial] = []
    at = 0
    for call in calls(code, occurrence):
        if isinstance(call, str):
            continue  # why a frame cannot be called
        outward = depth.get((call.path, call.name), 0)
        if call.label == found.call:
            at, made = outward, []
            continue
        path, source = regression_test(brief, code, [call], occurrence)
        made.append(Trial(outward, path, source, command(code, path), call.label))
    inner = Trial(at, found.test_path, found.test_source, found.test_command, found.call)
    return [inner, *(trial for trial in made if trial.outward > at)]


def probes(source: str) -> str:
    """A test module that makes each call of another one with one captured value changed a little."""
    tree = ast.parse(source)
    head = [node for node in tree.body if isinstance(node, ast.Import | ast.ImportFrom)]
    varied: dict[str, ast.stmt] = {}
    for test in tree.body:
        if isinstance(test, ast.FunctionDef) and test.body and isinstance(test.body[-1], ast.Expr):
            before = test.body[:-1]
            for value in _near(test.body[-1].value):
                body = "\n".join(["def test_():", *(f"    {ast.unparse(part)}" for part in [*before, value])])
                varied.setdefault(ast.unparse(value), ast.parse(body).body[0])
    tests = []
    for count, node in enumerate(list(varied.values())[:_PROBES]):
        assert isinstance(node, ast.FunctionDef)
        node.name = f"test_{count}"
        tests.append(node)
    return ast.unparse(ast.Module([*head, *tests], []))


def probed(source: str) -> list[str]:
    """The calls that a module of probes makes, in order."""
    return [ast.unparse(node.body[-1]) for node in ast.parse(source).body if isinstance(node, ast.FunctionDef)]


def _near(call: ast.expr) -> Iterator[ast.expr]:
    leaves = [n for n in ast.walk(call) if isinstance(n, ast.Constant | ast.List | ast.Dict)][:_LEAVES]
    for number in range(len(leaves)):
        for step in range(8):
            changed = copy.deepcopy(call)
            node = [n for n in ast.walk(changed) if isinstance(n, ast.Constant | ast.List | ast.Dict)][number]
            if _vary(node, step):
                yield changed


def _vary(node: ast.expr, step: int) -> bool:
    """Change a literal in place; False when there is no such step for it."""
    if isinstance(node, ast.Constant):
        others = _values(node.value)
        if step >= len(others):
            return False
        node.value = others[step]
        return True
    if isinstance(node, ast.List):
        if step == 0:
            node.elts = [*node.elts, *copy.deepcopy(node.elts)]
        elif step == 1:
            node.elts = node.elts[1:]
        else:
            node.elts.reverse()
        return bool(node.elts) and step < 3
    if isinstance(node, ast.Dict) and step < len(node.keys):
        del node.keys[step], node.values[step]
        return True
    return False


def _values(value: object) -> list[str | int | float | bool]:
    if isinstance(value, bool):
        return [not value]
    if isinstance(value, int | float):
        return [other for other in (value + 1, 0, -value, value * 10, 1) if other != value]
    if isinstance(value, str):
        digits = "".join(letter for letter in value if letter.isdigit())
        found = [value.upper(), value.lower(), value.strip(), f"{value} ", value[:1], digits]
        found += ["2", value.replace(",", ".")]
        return [other for other in dict.fromkeys(found) if other != value]
    if value is None:
        return [1, 0, "x", "2"]
    return []
