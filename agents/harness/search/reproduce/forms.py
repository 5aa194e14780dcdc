"""How a function is called so that its body runs: awaited, exhausted, entered, by an operator, as an attribute."""

from __future__ import annotations

import ast

from agents.harness.search.codemap import Function
from agents.harness.search.suspect import last_name

Form = tuple[tuple[str, ...], tuple[str, ...], str, set[str]]  # before, around, text, modules to import

_LAZY = {"map", "filter", "zip", "enumerate", "iter", "islice", "chain", "groupby", "starmap", "reversed"}
_ITERATORS = {"Iterator", "Generator", "Iterable"}
_ATTRIBUTES = {"property", "cached_property", "classproperty"}
_OPERATORS = {
    "__len__": "len({0})", "__getitem__": "{0}[{1}]", "__contains__": "{1} in {0}", "__next__": "next({0})",
    "__iter__": "list({0})", "__str__": "str({0})", "__repr__": "repr({0})", "__bool__": "bool({0})",
    "__hash__": "hash({0})", "__int__": "int({0})", "__float__": "float({0})", "__format__": "format({0}, {1})",
    "__eq__": "{0} == {1}", "__ne__": "{0} != {1}", "__lt__": "{0} < {1}", "__le__": "{0} <= {1}",
    "__gt__": "{0} > {1}", "__ge__": "{0} >= {1}", "__add__": "{0} + {1}", "__radd__": "{1} + {0}",
    "__sub__": "{0} - {1}", "__rsub__": "{1} - {0}", "__mul__": "{0} * {1}", "__rmul__": "{1} * {0}",
    "__truediv__": "{0} / {1}", "__floordiv__": "{0} // {1}", "__mod__": "{0} % {1}", "__neg__": "-{0}",
    "__and__": "{0} & {1}", "__or__": "{0} | {1}", "__getattr__": "getattr({0}, {1})",
}  # fmt: skip


def decorators(function: Function) -> set[str]:
    """The names of its decorators, without the modules they are from; `x.setter` is `setter`."""
    return {last_name(d.func if isinstance(d, ast.Call) else d) for d in function.node.decorator_list}


def attribute(marks: set[str]) -> bool:
    """Whether it is read, not called."""
    return bool(marks & _ATTRIBUTES)


def wrapped(function: Function, text: str) -> Form:
    """A call as statements that run the function's body to its end.

    Args:
        function: what is called.
        text: the bare call.
    """
    marks, asynchronous = decorators(function), isinstance(function.node, ast.AsyncFunctionDef)
    if "asynccontextmanager" in marks:
        return _entered(text)
    if "contextmanager" in marks:
        return (), (f"with {text}:",), "pass", set()
    if asynchronous and yields(function.node):
        return _collected(text)
    if asynchronous:
        return (), (), f"asyncio.run({text})", {"asyncio"}
    if yields(function.node) or _lazy(function.node):
        return (), (), f"list({text})", set()
    return (), (), text, set()


def _entered(text: str) -> Form:
    return (
        ("async def enter():", f"    async with {text}:", "        pass", ""),
        (),
        "asyncio.run(enter())",
        {"asyncio"},
    )


def _collected(text: str) -> Form:
    lines = ("async def collect():", f"    return [item async for item in {text}]", "")
    return lines, (), "asyncio.run(collect())", {"asyncio"}


def of_method(function: Function, receiver: str, positional: list[str], named: list[str]) -> Form:
    """A call of a method, as code that uses the object would write it."""
    given = [*positional, *(text.partition("=")[2] for text in named)]
    name = function.name
    if "setter" in decorators(function):
        return (), (), f"{receiver}.{name} = {given[0]}", set()
    if name == "__setitem__":
        return (), (), f"{receiver}[{given[0]}] = {given[1]}", set()
    if name in ("__enter__", "__exit__"):
        return (), (f"with {receiver}:",), "pass", set()
    if name in ("__aenter__", "__aexit__"):
        return _entered(receiver)
    if name in ("__aiter__", "__anext__"):
        return _collected(receiver)
    if name == "__call__":
        return wrapped(function, f"{receiver}({', '.join([*positional, *named])})")
    pattern = _OPERATORS.get(name)
    if pattern is not None and len(given) == pattern.count("{1}"):
        return (), (), pattern.format(receiver, *given), set()
    return wrapped(function, f"{receiver}.{name}({', '.join([*positional, *named])})")


def yields(node: ast.AST) -> bool:
    """Whether a function is a generator."""
    return any(isinstance(n, ast.Yield | ast.YieldFrom) for n in _within(node))


def _lazy(node: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    """Whether what a function returns fails only when it is gone through."""
    if node.returns is not None:
        returned = node.returns.value if isinstance(node.returns, ast.Subscript) else node.returns
        if last_name(returned) in _ITERATORS - {"Iterable"}:
            return True
    given = [n.value for n in _within(node) if isinstance(n, ast.Return) and n.value is not None]
    return bool(given) and all(
        isinstance(value, ast.GeneratorExp) or (isinstance(value, ast.Call) and last_name(value.func) in _LAZY)
        for value in given
    )


def _within(node: ast.AST) -> list[ast.AST]:
    """The nodes of a function's own body, without those of functions inside it."""
    found, open_ = [], list(ast.iter_child_nodes(node))
    while open_:
        child = open_.pop()
        found.append(child)
        if not isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda | ast.ClassDef):
            open_ += ast.iter_child_nodes(child)
    return found
