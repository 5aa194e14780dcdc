"""Inputs that no candidate has seen: those of the regression tests with a value or two changed, run on base and heads.

A change has to mend what fails as the report does, and to leave alone what did not fail; a change that passes its own
test may do neither (Smith et al., FSE 2015).
"""

from __future__ import annotations

import ast
import copy
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations, islice
from pathlib import Path

from agents.harness import Reproduction
from agents.harness.search.codemap import CodeMap
from agents.harness.search.evaluate import run_driver
from agents.sandbox import Sandbox, SandboxProvider, Source

_MOST = 80  # inputs of each test file
_PLACES = 200  # single changes of one test
_AT_ONCE = 20  # in one run: an input that does not end costs the others of its run
_POOL, _SHORT = 12, 20  # literals of the function, and their characters
Seen = tuple[str, str]  # ("value", repr) or ("error", type)
Files = Mapping[str, str | None]


@dataclass(frozen=True)
class Held:
    """What a candidate does on the inputs.

    Of `kept` inputs that did not fail, `changed` give something else now; of `failing` inputs that failed as the report
    does, `mended` fail no more.
    """

    kept: int = 0
    changed: int = 0
    failing: int = 0
    mended: int = 0


async def held_out(
    sandboxes: SandboxProvider, tree: Path, tests: Sequence[str], found: Reproduction, candidates: Sequence[Files]
) -> list[Held]:
    """What each candidate does.

    Args:
        sandboxes: where.
        tree: the base.
        tests: texts of regression tests.
        found: the failure that the report is about.
        candidates: path → new text.
    """
    pool = _pool(tree / found.file, found.function)
    functions = [function for test in dict.fromkeys(tests) for function in islice(variants(test, pool), _MOST)]
    totals = [Held() for _ in candidates]
    if not functions:
        return totals
    async with await sandboxes.open(Source(tree, label="held-out")) as sandbox:
        new = {path for files in candidates for path in files if not (tree / path).exists()}
        await sandbox.write(dict.fromkeys(new, b""))
        for start in range(0, len(functions), _AT_ONCE):
            batch = functions[start : start + _AT_ONCE]
            base, again, *heads = await _observed(sandbox, tree, batch, [{}, {}, *candidates])
            if len(base) == len(batch) and base == again:
                totals = [_added(total, found.exception, base, head) for total, head in zip(totals, heads, strict=True)]
    return totals


def _added(total: Held, exception: str, base: list[Seen], head: list[Seen]) -> Held:
    kept = [at for at, (kind, _) in enumerate(base) if kind == "value"]
    failing = [at for at, seen in enumerate(base) if seen == ("error", exception)]
    head = head + [("error", "")] * (len(base) - len(head))  # what ended early did not get to the rest
    return Held(
        total.kept + len(kept), total.changed + sum(1 for at in kept if head[at] != base[at]),
        total.failing + len(failing), total.mended + sum(1 for at in failing if head[at][0] == "value"),
    )  # fmt: skip


async def _observed(
    sandbox: Sandbox, tree: Path, functions: list[tuple[str, str]], candidates: list[Files]
) -> list[list[Seen]]:
    """What each candidate gives for each function; data that the code under test may have written."""
    heads = dict.fromkeys(head for head, _ in functions)
    bodies = [body.replace("def test_", f"def test_{at}_", 1) for at, (_, body) in enumerate(functions)]
    texts = [{path: text for path, text in files.items() if text is not None} for files in candidates]
    answers = await run_driver(sandbox, CodeMap(tree).source_root, ["\n\n".join([*heads, *bodies])], texts)
    found = [list(answer[0]) if answer else [] for answer in answers]
    return found + [[] for _ in range(len(candidates) - len(found))]


def _pool(file: Path, function: str) -> Sequence[object]:
    """Short literals of the function that failed: what its inputs are likely to be compared with or looked up in."""
    try:
        tree = ast.parse(file.read_text(encoding="utf-8"))
    except (OSError, SyntaxError, ValueError):
        return []
    name = function.rsplit(".", 1)[-1]
    nodes = [n for n in ast.walk(tree) if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef) and n.name == name]
    found = [n.value for node in nodes for n in ast.walk(node) if isinstance(n, ast.Constant)]
    wanted = [value for value in found if isinstance(value, str | int) and len(str(value)) <= _SHORT]
    return list(dict.fromkeys(wanted))[:_POOL]


def variants(test: str, pool: Sequence[object] = ()) -> Iterator[tuple[str, str]]:
    """(what stands above the tests, one test) for the tests as they are, with one value changed, and with two.

    Args:
        test: the text of a test file.
        pool: values that may stand for a None, and texts for a text.
    """
    try:
        tree = ast.parse(test)
    except (SyntaxError, ValueError):
        return
    tests = [n for n in tree.body if isinstance(n, ast.FunctionDef) and n.name.startswith("test_") and _calls(n)]
    head = "\n".join(ast.unparse(n) for n in tree.body if n not in tests)
    made: dict[str, None] = {}
    for several in range(3):
        for function in tests:
            places = [(at, other) for at, node in enumerate(_values(function)) for other in _others(node, pool)][
                :_PLACES
            ]
            chosen = [c for c in combinations(places, several) if len({at for at, _ in c}) == several]
            for changes in chosen[:: 1 + len(chosen) // _MOST]:
                made[ast.unparse(_with(function, dict(changes)))] = None
    yield from ((head, body) for body in _spread(list(made), len(tests)))


def _spread(made: list[str], first: int) -> Iterator[str]:
    """The tests as they are and then the others, so many that the limit takes from all kinds of them."""
    yield from made[:first]
    rest = made[first:]
    step = 1 + len(rest) // _MOST
    yield from (rest[at] for start in range(step) for at in range(start, len(rest), step))


def _calls(function: ast.FunctionDef) -> bool:
    return isinstance(function.body[-1], ast.Assert | ast.Expr) and not function.args.args


def _values(function: ast.FunctionDef) -> list[ast.expr]:
    """The literals of a test that go into its calls; not what a result is compared with."""
    last = function.body[-1]
    skipped: set[ast.AST] = set()
    if isinstance(last, ast.Assert):
        skipped = {node for side in _expected(last) for node in ast.walk(side)}
    return [
        node for statement in function.body if not _words(statement) for node in ast.walk(statement)
        if isinstance(node, ast.Constant | ast.List | ast.Dict) and node not in skipped
        and not (isinstance(node, ast.Constant) and node.value is ...)
    ]  # fmt: skip


def _words(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)


def _expected(last: ast.Assert) -> list[ast.expr]:
    message = [last.msg] if last.msg else []
    return [*last.test.comparators, *message] if isinstance(last.test, ast.Compare) else message


def _others(node: ast.expr, pool: Sequence[object]) -> list[ast.expr]:
    """Other values of the same kind, and of any for a None."""
    if isinstance(node, ast.List):
        return [ast.List(part, ast.Load()) for part in ([], node.elts[:1], node.elts + node.elts) if part != node.elts]
    if isinstance(node, ast.Dict):
        pairs = list(zip(node.keys, node.values, strict=True))
        kept = [pairs[:at] + pairs[at + 1 :] for at in range(len(pairs))]
        return [ast.Dict([key for key, _ in part], [value for _, value in part]) for part in kept]
    value = node.value if isinstance(node, ast.Constant) else None
    found: list[object] = []
    if isinstance(value, bool):
        found = [not value]
    elif isinstance(value, int | float):
        found = [value + 1, value - 1, value * 10, -value, 0, 2]
    elif isinstance(value, str):
        found = ["", f"{value}x", value.upper(), value[:1], *(other for other in pool if isinstance(other, str))]
    elif value is None and isinstance(node, ast.Constant):
        found = list(pool)
    return [ast.Constant(other) for other in dict.fromkeys(found) if other != value]  # type: ignore[arg-type]


def _with(function: ast.FunctionDef, changes: dict[int, ast.expr]) -> ast.FunctionDef:
    changed = copy.deepcopy(function)
    swapped = {id(node): changes[at] for at, node in enumerate(_values(changed)) if at in changes}

    class Swap(ast.NodeTransformer):
        def visit(self, node: ast.AST) -> ast.AST:
            return swapped[id(node)] if id(node) in swapped else self.generic_visit(node)

    Swap().visit(changed)
    return ast.fix_missing_locations(changed)
