"""A value is None where code uses it (PAR "Null Pointer Checker"; TBar FP2; PyTER "None handling")."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import replace

from agents.harness.search import siblings
from agents.harness.search.suspect import Candidate, Suspect, last_name

_COUNTING = ("len", "sum", "list", "sorted", "set", "tuple")
_PURE = (ast.Name, ast.Attribute, ast.Subscript)


def none_used(suspect: Suspect) -> Iterator[Candidate | None]:
    """Every way to treat each None that the crashing line may have used."""
    if "NoneType" not in suspect.message:
        return
    for absent, used in _uses(suspect):
        if _captured_present(suspect, absent):
            continue
        ours = siblings.made_here(suspect, absent)
        for treat in (_sibling_call, _default, _guard):
            for made in treat(suspect, absent, used):
                yield replace(made, borrowed=made.borrowed or ours) if made is not None else None


def _uses(suspect: Suspect) -> Iterator[tuple[ast.expr, ast.expr]]:
    """(the expression that is None, the whole expression that fails for it)."""
    message = suspect.message
    attribute = re.search(r"'NoneType' object has no attribute '(\w+)'", message)
    for node in suspect.expressions:
        if attribute:
            if isinstance(node, ast.Attribute) and node.attr == attribute[1]:
                yield node.value, suspect.chain(node)
        elif "not subscriptable" in message or "does not support item" in message:
            if isinstance(node, ast.Subscript):
                yield node.value, suspect.chain(node)
        else:
            yield from ((part, part) for part in _operands(suspect, node, message))
    yield from _augmented(suspect)


def _operands(suspect: Suspect, node: ast.expr, message: str) -> Iterator[ast.expr]:
    """What an operation, a loop or a call takes, where the message says that this kind of use failed."""
    if "not iterable" in message:
        yield from _iterated(suspect, node)
    elif "unsupported operand" in message or "not supported between" in message or "concatenate" in message:
        if isinstance(node, ast.BinOp):
            yield from (node.left, node.right)
        elif isinstance(node, ast.Compare):
            yield from (node.left, *node.comparators)
    elif isinstance(node, ast.Call):  # len(None), int(None), float(None), …
        yield from node.args


def _augmented(suspect: Suspect) -> Iterator[tuple[ast.expr, ast.expr]]:
    stmt = suspect.statement
    if isinstance(stmt, ast.AugAssign) and "unsupported operand" in suspect.message:
        yield stmt.value, stmt.value


def _iterated(suspect: Suspect, node: ast.expr) -> Iterator[ast.expr]:
    parent = suspect.parents.get(node)
    if isinstance(parent, ast.For | ast.AsyncFor | ast.comprehension) and parent.iter is node:
        yield node
    if isinstance(parent, ast.Compare) and node in parent.comparators:
        yield node
    if isinstance(parent, ast.Call) and node in parent.args and isinstance(parent.func, ast.Name):
        yield node


def _captured_present(suspect: Suspect, absent: ast.expr) -> bool:
    """Whether the captured variables show that this one was not None."""
    return isinstance(absent, ast.Name) and suspect.vars.get(absent.id, "None") != "None"


def _sibling_call(suspect: Suspect, absent: ast.expr, used: ast.expr) -> Iterator[Candidate | None]:
    for call in siblings.call_of_sibling(suspect, used, absent):
        name = call.split("(")[0]
        yield suspect.candidate(
            suspect.replace(used, call), f"Use {name}(), which handles a missing {_word(absent)}", 4,
            f"{name}() in the same file gives this very value and guards against None", "sibling function",
        )  # fmt: skip


def _word(node: ast.expr) -> str:
    return last_name(node) or ast.unparse(node)


def _default(suspect: Suspect, absent: ast.expr, used: ast.expr) -> Iterator[Candidate | None]:
    if not isinstance(absent, _PURE):
        return
    test, value = suspect.source(absent), suspect.source(used)
    found = list(siblings.defaults_for(suspect, used, absent))
    for default, evidence, why, borrowed in found:
        text = ast.unparse(default)
        label = f"Take {text} when there is no {_word(absent)}"
        yield _conditional(suspect, used, test, value, text, label, evidence, why, borrowed=borrowed)
    for text, evidence, why, silencing in _natural(suspect, absent, used):
        label = f"Take {text} when there is no {_word(absent)}"
        yield _conditional(suspect, used, test, value, text, label, evidence, why, silencing=silencing)


def _conditional(
    suspect: Suspect, used: ast.expr, test: str, value: str, default: str, label: str, evidence: int, why: str, *,
    silencing: bool = False, borrowed: bool = False,
) -> Candidate | None:  # fmt: skip
    if test == value:
        text = (
            f"({value} or {default})"
            if default in ("[]", "()", "{}", '""')
            else f"({value} if {test} is not None else {default})"
        )
    else:
        text = f"({value} if {test} is not None else {default})"
    if isinstance(suspect.parents.get(used), ast.Return | ast.Assign | ast.For):
        text = text[1:-1]
    return suspect.candidate(
        suspect.replace(used, text), label, evidence, why, "default value", silencing=silencing, borrowed=borrowed
    )


def _natural(suspect: Suspect, absent: ast.expr, used: ast.expr) -> Iterator[tuple[str, int, str, bool]]:
    """Defaults that the use itself suggests: (text, evidence, why, silencing)."""
    parent = suspect.parents.get(used)
    if isinstance(parent, ast.For | ast.AsyncFor | ast.comprehension):
        yield "[]", 3, "going through nothing is what an absent list means", False
    elif isinstance(parent, ast.Compare) and any(isinstance(op, ast.In | ast.NotIn) for op in parent.ops):
        yield "()", 3, "nothing is in an absent collection", False
    elif isinstance(parent, ast.BinOp | ast.AugAssign):
        yield "0", 1, "a neutral number, which nothing in the code speaks for", True
    elif isinstance(parent, ast.FormattedValue | ast.JoinedStr):
        yield '""', 1, "an empty text, which nothing in the code speaks for", True
    elif (
        isinstance(parent, ast.Call)
        and isinstance(parent.func, ast.Name)
        and parent.func.id in ("len", "sum", "list", "sorted")
    ):
        yield "[]", 3, "an absent list has no items", False
    if _allows_none(suspect) and isinstance(parent, ast.Return):
        yield "None", 3, "the function says it may return None", False


def _allows_none(suspect: Suspect) -> bool:
    returns = suspect.function.node.returns
    return returns is not None and "None" in ast.unparse(returns).replace("Optional", "None")


def _guard(suspect: Suspect, absent: ast.expr, used: ast.expr) -> Iterator[Candidate | None]:
    """An early return before the statement, with what other returns of the function or of its siblings give."""
    if not isinstance(absent, _PURE) or not suspect.known(absent):
        return
    test = suspect.source(absent)
    word = _word(absent)
    for value, evidence, why, silencing in _returns(suspect, absent):
        text = suspect.insert_before(suspect.statement, [f"if {test} is None:", f"    return {value}"])
        yield suspect.candidate(
            text, f"Return {value} when there is no {word}", evidence, why, "early return", silencing=silencing
        )
    loop = next((n for n in suspect.ancestors(suspect.statement) if isinstance(n, ast.For | ast.While)), None)
    if loop is not None and suspect.statement in ast.walk(loop):
        text = suspect.insert_before(suspect.statement, [f"if {test} is None:", "    continue"])
        yield suspect.candidate(
            text, f"Leave out items without {word}", 1, "items would go missing silently", "skip item", silencing=True
        )


def _returns(suspect: Suspect, absent: ast.expr) -> Iterator[tuple[str, int, str, bool]]:
    node = suspect.function.node
    early = [
        n.value for n in ast.walk(node)
        if isinstance(n, ast.Return) and n.value is not None and n.lineno < suspect.line
    ]  # fmt: skip
    for value in early:
        if isinstance(value, ast.Constant | ast.List | ast.Dict | ast.Tuple):
            yield ast.unparse(value), 1, "the function's own early return, for another reason, gives the same", False
    if _allows_none(suspect) and not early:
        yield "None", 3, "the function says it may return None", False
    own_words = set(suspect.function.name.lower().split("_"))
    for guard in siblings.guards(suspect):
        if last_name(guard.tested) == last_name(absent) and suspect.known(guard.default):
            alike = len(own_words & set(guard.function.name.lower().split("_"))) > 0
            constant = isinstance(guard.default, ast.Constant)
            where = f"{guard.function.name}() in {guard.function.path} returns it for the same case"
            yield ast.unparse(guard.default), 2 if alike else 1, where, constant and not alike
