"""Looking up what is not there: keys, items of empty sequences (PAR "Range Checker"; TBar FP4, FP12)."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from agents.harness.search import siblings
from agents.harness.search.purpose import differs, parents_of, purpose
from agents.harness.search.suspect import Candidate, Suspect, last_name, same

_SIMPLE = (ast.Constant, ast.List, ast.Dict)


def _key(suspect: Suspect) -> object | None:
    try:
        return ast.literal_eval(suspect.message)  # type: ignore[no-any-return]
    except (ValueError, SyntaxError):
        return suspect.message or None


def _subscripts(suspect: Suspect) -> list[ast.Subscript]:
    return [n for n in suspect.expressions if isinstance(n, ast.Subscript) and not isinstance(n.slice, ast.Slice)]


def missing_key(suspect: Suspect) -> Iterator[Candidate | None]:
    """`d[k]` where k is not in d."""
    key = _key(suspect)
    for node in _subscripts(suspect):
        constant = isinstance(node.slice, ast.Constant)
        if constant and node.slice.value != key:  # type: ignore[attr-defined]
            continue
        if isinstance(node.ctx, ast.Load):
            yield from _get(suspect, node, key if constant else None)
        yield from _accumulate(suspect, node)


def _get(suspect: Suspect, node: ast.Subscript, key: object | None) -> Iterator[Candidate | None]:
    mapping, index = suspect.source(node.value), suspect.source(node.slice)
    word = str(key) if key is not None else index
    for default, where, alike in siblings.gets(suspect, key, node):
        text = ast.unparse(default) if default is not None else "None"
        call = f"{mapping}.get({index}, {text})" if default is not None else f"{mapping}.get({index})"
        evidence = 3 if default is not None else 2
        yield suspect.candidate(
            suspect.replace(node, call), f"Take {text} when there is no {word}", evidence,
            f"{where} takes {text} for it", "default of a lookup", borrowed=not alike,
        )  # fmt: skip
    for guard in siblings.guards(suspect):
        used = guard.used
        if isinstance(used, ast.Subscript) and last_name(used) == word and suspect.known(guard.default):
            text = ast.unparse(guard.default)
            yield suspect.candidate(
                suspect.replace(node, f"{mapping}.get({index}, {text})"), f"Take {text} when there is no {word}", 3,
                f"{guard.function.name}() in {guard.function.path} takes {text} for it", "default of a lookup",
                borrowed=siblings.borrowed(suspect, node, guard),
            )  # fmt: skip
    parent = suspect.parents.get(node)
    made_up = (
        "0"
        if isinstance(parent, ast.BinOp | ast.AugAssign)
        else '""'
        if isinstance(parent, ast.FormattedValue)
        else "None"
    )
    yield suspect.candidate(
        suspect.replace(node, f"{mapping}.get({index}, {made_up})"), f"Take {made_up} when there is no {word}", 1,
        "a value that nothing in the code speaks for", "default of a lookup", silencing=True,
    )  # fmt: skip


def _accumulate(suspect: Suspect, node: ast.Subscript) -> Iterator[Candidate | None]:
    """`d[k] += n` and `d[k].append(x)` on a key's first time have one meaning."""
    mapping, index = suspect.source(node.value), suspect.source(node.slice)
    stmt = suspect.statement
    if isinstance(stmt, ast.AugAssign) and stmt.target is node and isinstance(stmt.op, ast.Add | ast.Sub):
        sign = "+" if isinstance(stmt.op, ast.Add) else "-"
        text = f"{mapping}[{index}] = {mapping}.get({index}, 0) {sign} {suspect.source(stmt.value)}"
        yield suspect.candidate(
            suspect.replace(stmt, text), "Start counting at 0", 3, "a sum begins at 0", "first use of a key"
        )
    parent = suspect.parents.get(node)
    starts = {"append": "[]", "extend": "[]", "add": "set()", "update": "{}"}
    if isinstance(parent, ast.Attribute) and parent.attr in starts:
        empty = starts[parent.attr]
        yield suspect.candidate(
            suspect.replace(node, f"{mapping}.setdefault({index}, {empty})"), f"Start with {empty}", 3,
            "a collection begins empty", "first use of a key",
        )  # fmt: skip


def empty_sequence(suspect: Suspect) -> Iterator[Candidate | None]:
    """`xs[0]` or `xs[-1]` of an empty sequence."""
    for node in _subscripts(suspect):
        if not isinstance(node.value, ast.Name | ast.Attribute | ast.Subscript):
            continue
        test, value = suspect.source(node.value), suspect.source(node)
        word = last_name(node.value) or test
        for guard in siblings.guards(suspect):
            if last_name(guard.tested) == word and suspect.known(guard.default):
                text = ast.unparse(guard.default)
                alike = guard.used is not None and same(guard.used, node)
                yield suspect.candidate(
                    suspect.replace(node, f"({value} if {test} else {text})"), f"Take {text} when {word} is empty",
                    3 if alike else 2, f"{guard.function.name}() in {guard.function.path} takes {text} for it",
                    "guard of an empty sequence", borrowed=siblings.borrowed(suspect, node, guard),
                )  # fmt: skip
        yield from _empty_return(suspect, test, word)


def _empty_return(suspect: Suspect, test: str, word: str) -> Iterator[Candidate | None]:
    node = suspect.function.node
    returns = node.returns
    annotation = ast.unparse(returns) if returns is not None else ""
    early = [
        n.value for n in ast.walk(node)
        if isinstance(n, ast.Return) and n.lineno < suspect.line and isinstance(n.value, _SIMPLE)
    ]  # fmt: skip
    why = "the function's own early return, for another reason, gives the same"
    values = [(ast.unparse(value), 1, why, False) for value in early]
    if "None" in annotation or "Optional" in annotation:
        values.append(("None", 3, "the function says it may return None", False))
    elif not early:
        values.append(("None", 1, "a value that nothing in the code speaks for", True))
    for text, evidence, why, silencing in values:
        changed = suspect.insert_before(suspect.statement, [f"if not {test}:", f"    return {text}"])
        yield suspect.candidate(
            changed, f"Return {text} when {word} is empty", evidence, why, "early return", silencing=silencing
        )


def behind_the_end(suspect: Suspect) -> Iterator[Candidate | None]:
    """`return xs[i]` past the last item, in a function that says it may return None."""
    returns = suspect.function.node.returns
    if returns is None or "None" not in ast.unparse(returns).replace("Optional", "None"):
        return
    for node in _subscripts(suspect):
        if isinstance(node.slice, ast.Constant | ast.UnaryOp) or not isinstance(suspect.parents.get(node), ast.Return):
            continue
        value, index = suspect.source(node), suspect.source(node.slice)
        yield suspect.candidate(
            suspect.replace(node, f"{value} if {index} < len({suspect.source(node.value)}) else None"),
            f"Return None when {index} is behind the end", 3, "the function says it may return None",
            "guard of an index",
        )  # fmt: skip


def off_by_one(suspect: Suspect) -> Iterator[Candidate | None]:
    """An index, or the range it comes from, that goes one too far."""
    for node in _subscripts(suspect):
        index = suspect.source(node.slice)
        if isinstance(node.slice, ast.BinOp) and isinstance(node.slice.op, ast.Add):
            yield suspect.candidate(
                suspect.replace(node.slice, suspect.source(node.slice.left)), f"Look at {index} one earlier", 1,
                "the index may be one too far", "off by one",
            )  # fmt: skip
    for loop in suspect.ancestors(suspect.statement):
        if isinstance(loop, ast.For) and isinstance(loop.iter, ast.Call):
            last = loop.iter.args[-1] if loop.iter.args else None
            if isinstance(last, ast.BinOp) and isinstance(last.op, ast.Add):
                yield suspect.candidate(
                    suspect.replace(last, suspect.source(last.left)), "End the loop one earlier", 2,
                    "the range ends behind the last item", "off by one",
                )  # fmt: skip
            elif last is not None and isinstance(last, ast.Call):
                yield suspect.candidate(
                    suspect.replace(last, f"{suspect.source(last)} - 1"), "End the loop one earlier", 1,
                    "the loop looks at the item after the current one", "off by one",
                )  # fmt: skip


def empty_aggregate(suspect: Suspect) -> Iterator[Candidate | None]:
    """`max()`, `min()` or a mean of nothing."""
    words = suspect.message
    if "empty" not in words and "at least one data point" not in words and "no median" not in words:
        return
    for node in suspect.expressions:
        if not (isinstance(node, ast.Call) and node.args):
            continue
        name = last_name(node.func)
        if name in ("max", "min") and not any(k.arg == "default" for k in node.keywords) and len(node.args) == 1:
            for default, evidence, why, borrowed in _aggregate_defaults(suspect, node, name):
                given = [suspect.source(node.args[0]), *(f"{k.arg}={suspect.source(k.value)}" for k in node.keywords)]
                call = f"{suspect.source(node.func)}({', '.join([*given, f'default={default}'])})"
                yield suspect.candidate(
                    suspect.replace(node, call), f"Take {default} when there is nothing to compare", evidence, why,
                    "default of an aggregate", silencing=evidence == 1, borrowed=borrowed,
                )  # fmt: skip
        if isinstance(node.args[0], ast.Name):
            test = suspect.source(node.args[0])
            yield from _empty_return(suspect, test, test)


def _aggregate_defaults(suspect: Suspect, ours: ast.Call, name: str) -> Iterator[tuple[str, int, str, bool]]:
    """Defaults, with evidence, why, and whether they are for other items or another purpose."""
    returns = suspect.function.node.returns
    may = returns is not None and "None" in ast.unparse(returns).replace("Optional", "None")
    if may and isinstance(suspect.parents.get(ours), ast.Return):
        yield "None", 3, "the function says it may return None", False
    for function in siblings.functions(suspect):
        for node in ast.walk(function.node):
            if isinstance(node, ast.Call) and last_name(node.func) == name and node.args:
                for keyword in node.keywords:
                    if keyword.arg == "default" and suspect.known(keyword.value):
                        other = not same(node.args[0], ours.args[0]) or differs(
                            purpose(suspect.parents, ours), purpose(parents_of(function.node), node)
                        )
                        why = f"{function.name}() in {function.path} does the same"
                        yield ast.unparse(keyword.value), 3, why, other
    yield "0", 1, "a value that nothing in the code speaks for", False


def exhausted(suspect: Suspect) -> Iterator[Candidate | None]:
    """`next(it)` of nothing."""
    for node in suspect.expressions:
        if isinstance(node, ast.Call) and last_name(node.func) == "next" and len(node.args) == 1:
            returns = suspect.function.node.returns
            may = returns is not None and "None" in ast.unparse(returns).replace("Optional", "None")
            why = "the function says it may return None" if may else "nothing in the code speaks for None"
            text = suspect.replace(node, f"next({suspect.source(node.args[0])}, None)")
            label = "Take None when there is none"
            yield suspect.candidate(text, label, 3 if may else 1, why, "default of next()", silencing=not may)
