"""Names that do not exist, though one much like them does (TBar FP10, FP13)."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator
from difflib import SequenceMatcher

from agents.harness.search.suspect import Candidate, Suspect

_ALIKE = 0.78


def _close(name: str, known: Iterable[str]) -> list[str]:
    scored = [(SequenceMatcher(None, name, other).ratio(), other) for other in known if other != name]
    return [other for score, other in sorted(scored, key=lambda s: (-s[0], s[1])) if score >= _ALIKE][:3]


def _swap(suspect: Suspect, node: ast.expr, text: str, was: str, now: str) -> Candidate | None:
    label = f"Say {now} where it says {was}"
    return suspect.candidate(suspect.replace(node, text), label, 3, f"{now} exists and {was} does not", "misspelt name")


def misspelt_name(suspect: Suspect) -> Iterator[Candidate | None]:
    """NameError: the nearest name in scope."""
    if found := re.search(r"name '(\w+)' is not defined", suspect.message):
        for node in suspect.expressions:
            if isinstance(node, ast.Name) and node.id == found[1]:
                for other in _close(found[1], suspect.scope):
                    yield _swap(suspect, node, other, found[1], other)
        if suspect.function.owner and suspect.function.params:
            for node in suspect.expressions:
                if isinstance(node, ast.Name) and node.id == found[1]:
                    text = f"{suspect.function.params[0]}.{found[1]}"
                    yield suspect.candidate(
                        suspect.replace(node, text),
                        f"Say {text}",
                        2,
                        "an attribute of the object may be meant",
                        "self.",
                    )


def misspelt_attribute(suspect: Suspect) -> Iterator[Candidate | None]:
    """AttributeError: the nearest attribute of the class, or one used elsewhere in the file."""
    found = re.search(r"'(\w+)' object has no attribute '(\w+)'", suspect.message)
    if found is None or found[1] == "NoneType":
        return
    known: set[str] = set()
    for _, node in suspect.code.classes(found[1]):
        known |= {n.name for n in node.body if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef)}
        known |= {n.target.id for n in node.body if isinstance(n, ast.AnnAssign) and isinstance(n.target, ast.Name)}
        for part in ast.walk(node):
            if isinstance(part, ast.Attribute) and isinstance(part.value, ast.Name) and part.value.id == "self":
                known.add(part.attr)
    builtin = {"str": str, "dict": dict, "list": list, "int": int, "float": float, "set": set, "tuple": tuple}
    if found[1] in builtin:
        known |= {name for name in dir(builtin[found[1]]) if not name.startswith("__")}
    for expression in suspect.expressions:
        if isinstance(expression, ast.Attribute) and expression.attr == found[2]:
            for other in _close(found[2], known):
                text = f"{suspect.source(expression.value)}.{other}"
                yield _swap(suspect, expression, text, found[2], other)


def misspelt_key(suspect: Suspect) -> Iterator[Candidate | None]:
    """KeyError: the nearest key that the captured mapping has."""
    try:
        key = ast.literal_eval(suspect.message)
    except (ValueError, SyntaxError):
        return
    if not isinstance(key, str):
        return
    for node in suspect.expressions:
        if isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Constant) and node.slice.value == key:
            value = suspect.vars.get(node.value.id) if isinstance(node.value, ast.Name) else None
            for other in _close(key, value) if isinstance(value, dict) else ():
                yield _swap(suspect, node.slice, repr(other), repr(key), repr(other))


def unbound_local(suspect: Suspect) -> Iterator[Candidate | None]:
    """A local that some path never sets: begin with the neutral value of what is assigned to it elsewhere."""
    found = re.search(r"local variable '(\w+)'", suspect.message)
    if found is None:
        return
    name = found[1]
    node = suspect.function.node
    body = node.body[1:] if ast.get_docstring(node) and len(node.body) > 1 else node.body
    kinds: dict[str, bool] = {}  # the neutral value, and whether something is gathered from it
    for part in ast.walk(node):
        if isinstance(part, ast.Assign | ast.AugAssign) and any(
            isinstance(n, ast.Name) and n.id == name and isinstance(n.ctx, ast.Store) for n in ast.walk(part)
        ):
            gathered = isinstance(part, ast.AugAssign) or not isinstance(part.value, ast.Constant)
            kinds[_neutral(part)] = kinds.get(_neutral(part), False) or gathered
    kinds.pop("", None)
    for text, gathered in sorted(kinds.items()) or [("None", False)]:
        yield suspect.candidate(
            suspect.insert_before(body[0], [f"{name} = {text}"]), f"Begin {name} with {text}",
            2 if gathered else 1, "some path never sets it", "initialise", silencing=not gathered,
        )  # fmt: skip


def _neutral(node: ast.Assign | ast.AugAssign) -> str:
    value = node.value
    if isinstance(node, ast.AugAssign) or (isinstance(value, ast.Constant) and isinstance(value.value, int | float)):
        return "0"
    if isinstance(value, ast.Constant) and isinstance(value.value, str):
        return '""'
    return {ast.List: "[]", ast.ListComp: "[]", ast.Dict: "{}", ast.DictComp: "{}"}.get(type(value), "")
