"""The regression test as it is committed: in the style of the repository's own tests, with the calls that failed."""

from __future__ import annotations

import ast
import io
import re
import sys
import tokenize

from agents.harness import Brief, Occurrence
from agents.harness.search.codemap import CodeMap
from agents.harness.search.reproduce.call import Call

_WIDTH = 100
_EMPTY = {"None": "none", "''": "empty", '""': "empty", "0": "zero"}


def regression_test(brief: Brief, code: CodeMap, cases: list[Call], occurrence: Occurrence) -> tuple[str, str]:
    """The test file's path and text: each rebuilt call on its own.

    Args:
        brief: the report.
        code: the tree at the base.
        cases: the calls, all of one function.
        occurrence: whose failure it is.
    """
    first = cases[0]
    subject = snake(first.subject) or "call"
    imports = set().union(*(call.imports for call in cases))
    unittest = code.tests_are_unittest
    if unittest:
        imports.add(("unittest", ""))
    names = _names(subject, cases, occurrence)
    blocks = [
        [f"def {name}({'self' if unittest else ''}):", *(f"    {line}".rstrip() for line in _laid_out(call))]
        for name, call in zip(names, cases, strict=True)
    ]
    if unittest:
        rows = [f"class {_camel(subject)}RegressionTest(unittest.TestCase):"]
        for block in blocks:
            rows += [*(f"    {line}".rstrip() for line in block), ""]
        body = ["", "", *rows[:-1]]
    else:
        body = [line for block in blocks for line in ["", "", *block]]
    # What came from outside stands in the file as literals and as words.
    what = re.sub(r"[^\w/ .-]", "", first.title.split("?")[0]) if "(" not in first.title else ""
    exception = re.sub(r"\W", "", occurrence.exception)
    head = [f'"""{what or first.called} raised {exception} in production on these inputs."""', ""]
    text = _quoted("\n".join([*head, *_imports(code, imports), *body]) + "\n", code)
    folder = f"{code.test_folder}/" if code.test_folder else ""
    path = f"{folder}{names[0]}.py"
    if (code.tree / path).exists() or path in brief.open_changes:
        path = f"{folder}{names[0]}_{brief.report_id}.py"
    return path, text


def snake(name: str) -> str:
    """A name in lower case with underscores, not long."""
    apart = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name)
    return re.sub(r"\W+", "_", apart).strip("_").lower()[:60]


def _camel(name: str) -> str:
    return "".join(part.capitalize() for part in name.split("_"))


def _quoted(text: str, code: CodeMap) -> str:
    """The text with the quotes that the repository's code prefers."""
    if not code.double_quotes:
        return text
    rows = text.split("\n")
    for token in reversed(list(tokenize.generate_tokens(io.StringIO(text).readline))):
        plain = token.type == tokenize.STRING and not set(token.string[2:-1]) & set("\"'\\")
        if plain and token.string.lstrip("b").startswith("'") and token.start[0] == token.end[0]:
            row, (start, end) = token.start[0] - 1, (token.start[1], token.end[1])
            rows[row] = rows[row][:start] + token.string.replace("'", '"') + rows[row][end:]
    return "\n".join(rows)


def _names(subject: str, cases: list[Call], occurrence: Occurrence) -> list[str]:
    """A name for each test that says when it failed; numbered where several would have one."""
    found: list[str] = []
    for call in cases:
        name = f"test_{subject}_{_when(call, occurrence)}"
        count = sum(re.fullmatch(rf"{re.escape(name)}(_\d+)?", other) is not None for other in found)
        found.append(f"{name}_{count + 1}" if count else name)
    return found


def _when(call: Call, occurrence: Occurrence) -> str:
    """What was special about the call: `when_coupon_is_none`, `without_currency`."""
    try:
        node = ast.parse(call.text.removeprefix("return ")).body[-1]
    except SyntaxError:
        node = ast.Module([], [])  # type: ignore[assignment]
    given = [n for n in ast.walk(node) if isinstance(n, ast.keyword) and n.arg]
    key = re.fullmatch(r"'(\w{1,30})'", occurrence.message)
    if occurrence.exception == "KeyError" and key:
        return f"without_{snake(key[1])}"
    for word in given:
        text = ast.unparse(word.value)
        if text in _EMPTY:
            return f"when_{snake(word.arg or '')}_is_{_EMPTY[text]}"
        if text in ("[]", "{}", "()", "set()"):
            return f"when_{snake(word.arg or '')}_is_empty"
    for entry in (n for n in ast.walk(node) if isinstance(n, ast.Dict)):
        for name, value in zip(entry.keys, entry.values, strict=True):
            if isinstance(name, ast.Constant) and isinstance(name.value, str) and name.value.isidentifier():
                text = ast.unparse(value)
                if text in _EMPTY:
                    return f"when_{snake(name.value)}_is_{_EMPTY[text]}"
                if text in ("[]", "{}"):
                    return f"when_{snake(name.value)}_is_empty"
    return f"does_not_raise_{snake(occurrence.exception)}"


def _imports(code: CodeMap, names: set[tuple[str, str]]) -> list[str]:
    """Import statements in three groups: standard library, others', the repository's own."""
    own = {code.module(path).split(".")[0] for path in code.files}
    groups: list[list[str]] = [[], [], []]
    together: dict[str, list[str]] = {}
    for module, name in sorted(names):
        top = module.split(".")[0]
        place = 2 if top in own else 0 if top in sys.stdlib_module_names else 1
        if not name:
            groups[place].append(f"import {module}")
        else:
            together.setdefault(module, []).append(name)
    for module, members in together.items():
        top = module.split(".")[0]
        place = 2 if top in own else 0 if top in sys.stdlib_module_names else 1
        groups[place].append(f"from {module} import {', '.join(members)}")
    rows: list[str] = []
    for group in groups:
        rows += ["", *group] if rows and group else group
    return rows


def _laid_out(call: Call) -> list[str]:
    """The statements, long calls over several lines."""
    rows: list[str] = []
    for line in call.body:
        indent = line[: len(line) - len(line.lstrip())]
        rows += [f"{indent}{row}" for row in _folded(line.strip(), _WIDTH - 8 - len(indent))]
    return rows


def _folded(text: str, width: int) -> list[str]:
    if len(text) <= width:
        return [text]
    try:
        node = ast.parse(text).body[0]
    except SyntaxError:
        return [text]
    if isinstance(node, ast.Expr):
        return _expression(node.value, "", "", width)
    if isinstance(node, ast.Assign) and len(node.targets) == 1:
        return _expression(node.value, f"{ast.unparse(node.targets[0])} = ", "", width)
    return [text]


def _expression(node: ast.expr, before: str, after: str, width: int) -> list[str]:
    """An expression with what stands before and after it on its lines."""
    whole = f"{before}{ast.unparse(node)}{after}"
    if len(whole) <= width:
        return [whole]
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and isinstance(node.func.value, ast.Call):
        given = [*map(ast.unparse, node.args), *(ast.unparse(word) for word in node.keywords)]
        rest = f".{node.func.attr}({', '.join(given)}){after}"
        return _expression(node.func.value, before, rest, min(width, len(whole) - 1))
    if isinstance(node, ast.Call) and (node.args or node.keywords):
        opening, closing = f"{ast.unparse(node.func)}(", ")"
        parts: list[tuple[str, ast.expr]] = [("", arg) for arg in node.args]
        parts += [(f"{word.arg}=", word.value) for word in node.keywords]
    elif isinstance(node, ast.Dict) and node.keys:
        opening, closing = "{", "}"
        parts = [(f"{ast.unparse(k) if k else '**'}: ", v) for k, v in zip(node.keys, node.values, strict=True)]
    elif isinstance(node, ast.List | ast.Tuple | ast.Set) and node.elts:
        opening, closing = {ast.List: ("[", "]"), ast.Tuple: ("(", ")"), ast.Set: ("{", "}")}[type(node)]
        parts = [("", item) for item in node.elts]
    else:
        return [whole]
    rows = [f"{before}{opening}"]
    for name, value in parts:
        rows += [f"    {row}" for row in _expression(value, name, ",", width - 4)]
    return [*rows, f"{closing}{after}"]
