"""A field that came under another name than the code reads (TBar FP10, on the keys of captured data)."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from agents.harness.search.suspect import Candidate, Suspect

_RENAMED = re.compile(r"(?i)\b(renamed?|was|were|instead of|now|formerly|called|says?|said|version|v\d|same as)\b")
_UNITS = frozenset({
    "cent", "cents", "euro", "euros", "usd", "eur", "ms", "s", "sec", "seconds", "minutes", "hours", "days", "percent",
    "ratio", "g", "kg", "km", "m", "mm", "net", "gross", "utc", "local", "bytes", "kb", "mb", "id", "ids", "count",
    "total", "min", "max", "avg",
})  # fmt: skip


def renamed_key(suspect: Suspect) -> Iterator[Candidate | None]:
    """KeyError on a mapping that has a key nobody reads which the product's words say is the same."""
    try:
        key = ast.literal_eval(suspect.message)
    except (ValueError, SyntaxError):
        return
    if not isinstance(key, str) or not key:
        return
    for node in suspect.expressions:
        if not (isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Load)):
            continue
        if not (isinstance(node.slice, ast.Constant) and node.slice.value == key and isinstance(node.value, ast.Name)):
            continue
        captured = suspect.vars.get(node.value.id)
        for other in captured if isinstance(captured, dict) else ():
            if not isinstance(other, str) or other == key or _is_read(suspect, other):
                continue
            said = _said_same(suspect, key, other)
            if said is None and not short_for(other, key) and not short_for(key, other):
                continue
            mapping, present = suspect.source(node.value), suspect.source(node)
            text = f"({present} if {key!r} in {mapping} else {mapping}[{other!r}])"
            yield suspect.candidate(
                suspect.replace(node, text.replace("'", '"') if '"' not in key + other else text),
                f"Read {other} where there is no {key}", 3 if said else 1,
                f"{said} says that both are the same" if said else "the names are alike, and nothing says more",
                "renamed field", borrowed=_units(key) != _units(other),
            )  # fmt: skip


def short_for(short: str, long: str) -> bool:
    """Whether one name abbreviates another: the same first letter, the others in order, and shorter."""
    if len(short) < 2 or len(short) >= len(long) or short[0].lower() != long[0].lower():
        return False
    letters = iter(long.lower())
    return all(letter in letters for letter in short.lower())


def _units(name: str) -> frozenset[str]:
    """The words of a name that say what is counted, and in what."""
    return _UNITS & set(re.split(r"[_\W]+", re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower()))


def _is_read(suspect: Suspect, key: str) -> bool:
    """Whether the product's code reads a key of that name anywhere: then it means something else."""
    for path in suspect.code.sources:
        parsed = suspect.code.parse(path)
        if parsed and any(isinstance(n, ast.Constant) and n.value == key for n in ast.walk(parsed[1])):
            return True
    return False


def _said_same(suspect: Suspect, key: str, other: str) -> str | None:
    """The file whose words name both in one sentence."""
    both = [re.compile(rf"(?<!\w){re.escape(word)}(?!\w)") for word in (key, other)]
    for path in suspect.code.sources:
        parsed = suspect.code.parse(path)
        for sentence in re.split(r"[.;]\s|\n\s*\n", _words(parsed[0], parsed[1])) if parsed else ():
            if all(pattern.search(sentence) for pattern in both) and _RENAMED.search(sentence):
                return path
    return None


def _words(text: str, tree: ast.Module) -> str:
    """The docstrings and comments of a file."""
    documented = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    docstrings = [ast.get_docstring(node) or "" for node in ast.walk(tree) if isinstance(node, documented)]
    comments = re.findall(r"#\s*(.+)$", text, re.MULTILINE)
    return "\n\n".join([*docstrings, *comments])
