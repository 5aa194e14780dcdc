"""One value where another kind is needed, and only one way to get it (PyTER's type casts; TBar FP7)."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from difflib import get_close_matches

from agents.harness.search.flow import resolve
from agents.harness.search.suspect import Candidate, Suspect, last_name

_DECODE = re.compile(
    r'can only concatenate str \(not "bytes"\)|cannot use a string pattern on a bytes-like'
    r"|Object of type bytes is not JSON"
)
_ENCODE = re.compile(r"can't concat str to bytes|bytes-like object is required, not 'str'|Strings must be encoded")
_METHOD = re.compile(r"'(?:builtin_function_or_)?(?:method|function)'")


def joined_numbers(suspect: Suspect) -> Iterator[Candidate | None]:
    """`", ".join(numbers)`: each is written as text first."""
    if not re.search(r"sequence item \d+: expected str instance, (int|float|Decimal|UUID) found", suspect.message):
        return
    for node in suspect.expressions:
        if isinstance(node, ast.Call) and last_name(node.func) == "join" and len(node.args) == 1:
            changed = f"{suspect.source(node.func)}(map(str, {suspect.source(node.args[0])}))"
            yield _made(suspect, node, changed, "Write each as text", "text is being put together")


def text_and_bytes(suspect: Suspect) -> Iterator[Candidate | None]:
    """Text where bytes are needed, or bytes where text is: UTF-8, as Python has it."""
    method = "decode" if _DECODE.search(suspect.message) else "encode" if _ENCODE.search(suspect.message) else ""
    if not method:
        return
    other = "text" if method == "decode" else "bytes"
    for node in suspect.expressions:
        parts: list[ast.expr] = []
        if isinstance(node, ast.BinOp):
            parts = [node.left, node.right]
        elif isinstance(node, ast.Compare):
            parts = [node.left]
        elif isinstance(node, ast.Call):
            parts = list(node.args)
        for part in parts:
            if not isinstance(part, ast.Name | ast.Attribute | ast.Subscript | ast.Call):
                continue
            changed = f"{suspect.source(part)}.{method}()"
            yield _made(suspect, part, changed, f"Make {other} of {suspect.source(part)}", f"{other} is needed here")


def not_called(suspect: Suspect) -> Iterator[Candidate | None]:
    """A method used as if it were what it gives."""
    if not _METHOD.search(suspect.message):
        return
    for node in suspect.expressions:
        parent = suspect.parents.get(node)
        called = isinstance(parent, ast.Call) and parent.func is node
        if isinstance(node, ast.Attribute) and not called and not isinstance(parent, ast.Attribute):
            changed = f"{suspect.source(node)}()"
            yield _made(suspect, node, changed, f"Call {node.attr}()", f"{node.attr} is a method and is not called")


def list_as_key(suspect: Suspect) -> Iterator[Candidate | None]:
    """A list as a key or in a set: a tuple of the same items."""
    if "unhashable type: 'list'" not in suspect.message:
        return
    for node in suspect.expressions:
        if isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Name | ast.Attribute | ast.Call):
            key: ast.expr = node.slice
        elif isinstance(node, ast.Call) and last_name(node.func) == "add" and len(node.args) == 1:
            key = node.args[0]
        else:
            continue
        yield _made(suspect, key, f"tuple({suspect.source(key)})", "Take a tuple as the key", "a list cannot be a key")


def misspelt_keyword(suspect: Suspect) -> Iterator[Candidate | None]:
    """A keyword that a function of the product does not take, though one much like it."""
    found = re.search(r"(\w+)\(\) got an unexpected keyword argument '(\w+)'", suspect.message)
    if found is None:
        return
    for node in suspect.expressions:
        function = resolve(suspect.code, suspect.function, node) if isinstance(node, ast.Call) else None
        if function is None or not isinstance(node, ast.Call):
            continue
        for keyword in node.keywords:
            if keyword.arg == found[2]:
                free = [p for p in function.params if p not in {k.arg for k in node.keywords}]
                for name in get_close_matches(found[2], free, 1, 0.78):
                    changed = f"{name}={suspect.source(keyword.value)}"
                    text = suspect.replace(keyword, changed)
                    yield suspect.candidate(
                        text, f"Say {name} where it says {found[2]}", 3,
                        f"{function.name}() takes {name} and not {found[2]}", "misspelt name",
                    )  # fmt: skip


def _made(suspect: Suspect, node: ast.expr, text: str, label: str, why: str) -> Candidate | None:
    return suspect.candidate(suspect.replace(node, text), label, 3, why, "conversion")
