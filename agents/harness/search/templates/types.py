"""Values of the wrong type (PyTER; TBar FP3 "cast")."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from agents.harness.search import siblings
from agents.harness.search.suspect import Candidate, Suspect, last_name


def mixed_types(suspect: Suspect) -> Iterator[Candidate | None]:
    """Text joined with numbers, floats with decimals, numbers that came as text."""
    message = suspect.message
    if "NoneType" in message:
        return
    for node in suspect.expressions:
        if not isinstance(node, ast.BinOp | ast.Compare):
            continue
        parts = [node.left, node.right] if isinstance(node, ast.BinOp) else [node.left, *node.comparators]
        for part in parts:
            yield from _converted(suspect, part, message)


def _converted(suspect: Suspect, part: ast.expr, message: str) -> Iterator[Candidate | None]:
    text = suspect.source(part)
    is_text = isinstance(part, ast.JoinedStr) or (isinstance(part, ast.Constant) and isinstance(part.value, str))
    if re.search(r'can only concatenate str \(not "(int|float|Decimal)"\)', message) and not is_text:
        yield _wrap(suspect, part, f"str({text})", "Write the number as text", 3, "text is being put together")
    if "Decimal" in message and "float" in message and "Decimal" in suspect.globals and not is_text:
        why = "money is reckoned in Decimal here"
        yield _wrap(suspect, part, f"Decimal(str({text}))", "Reckon with Decimal", 3, why)
    if re.search(r"'(int|float)' and 'str'|'str' and '(int|float)'|instances of 'str' and", message) and not is_text:
        for name in ("int", "float"):
            yield _wrap(suspect, part, f"{name}({text})", f"Read {text} as a number", 2, "it came as text")


def _wrap(suspect: Suspect, node: ast.expr, text: str, label: str, evidence: int, why: str) -> Candidate | None:
    return suspect.candidate(suspect.replace(node, text), label, evidence, why, "conversion")


def missing_await(suspect: Suspect) -> Iterator[Candidate | None]:
    """A coroutine used as if it were its result."""
    if "coroutine" not in suspect.message or not isinstance(suspect.function.node, ast.AsyncFunctionDef):
        return
    for node in suspect.expressions:
        if isinstance(node, ast.Call):
            yield _wrap(
                suspect, node, f"(await {suspect.source(node)})", "Wait for the coroutine", 3, "it is awaited nowhere"
            )


def unreadable_number(suspect: Suspect) -> Iterator[Candidate | None]:
    """`int("1,200")`, `int("3.5")`, `float("")`."""
    found = re.search(
        r"(?:invalid literal for int\(\) with base 10|could not convert string to float): '(.*)'", suspect.message
    )
    if found is None:
        return
    given = found[1]
    for node in suspect.expressions:
        is_call = isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ("int", "float")
        if not is_call or not node.args:  # type: ignore[attr-defined]
            continue
        argument = node.args[0]  # type: ignore[attr-defined]
        name, text = suspect.source(node.func), suspect.source(argument)  # type: ignore[attr-defined]
        if re.fullmatch(r"\s*[-+]?\d{1,3}(,\d{3})+(\.\d+)?\s*", given):  # "12,50" has a decimal comma
            changed = f'{name}({text}.replace(",", ""))'
            yield _wrap(suspect, node, changed, "Leave out thousands separators", 2, f"{given!r} has separators")
        if not given.strip():
            yield from _empty_number(suspect, node, argument)


def _empty_number(suspect: Suspect, node: ast.expr, argument: ast.expr) -> Iterator[Candidate | None]:
    value, test = suspect.source(node), suspect.source(argument)
    word = last_name(argument) or test
    for guard in siblings.guards(suspect):
        if last_name(guard.tested) == word and suspect.known(guard.default):
            text = ast.unparse(guard.default)
            yield suspect.candidate(
                suspect.replace(node, f"({value} if {test} else {text})"), f"Take {text} when {word} is empty", 3,
                f"{guard.function.name}() in {guard.function.path} takes {text} for it", "guard of a conversion",
                borrowed=siblings.borrowed(suspect, node, guard),
            )  # fmt: skip
    yield suspect.candidate(
        suspect.replace(node, f"({value} if {test} else 0)"), f"Take 0 when {word} is empty", 1,
        "a value that nothing in the code speaks for", "guard of a conversion", silencing=True,
    )  # fmt: skip
