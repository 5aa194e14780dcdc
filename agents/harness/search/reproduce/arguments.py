"""What a function is called with."""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from keyword import iskeyword
from typing import Any

from agents.harness.search.codemap import Function
from agents.harness.search.reproduce.reprs import Unbuildable

Value = Callable[[str, Any, ast.expr | None], str]  # a value's name, what was captured, its annotation → source


def arguments(
    function: Function, given: Mapping[str, Any], skip: int, value: Value, *, starred: bool = True
) -> tuple[list[str], list[str]]:
    """The arguments of a call.

    Args:
        function: what is called.
        given: the values it had, by name.
        skip: how many parameters come first that nobody passes: 1 for `self`.
        value: gives the source of one, from its name, the value and its annotation.
        starred: whether what came through * and ** is passed on.
    """
    args = function.node.args
    listed = [*args.posonlyargs, *args.args]
    defaults = dict(zip([a.arg for a in listed[len(listed) - len(args.defaults) :]], args.defaults, strict=True))
    defaults |= {a.arg: d for a, d in zip(args.kwonlyargs, args.kw_defaults, strict=True) if d is not None}
    more = given.get(args.vararg.arg, []) if args.vararg and starred else []
    more = more if isinstance(more, list) else []
    only = {a.arg for a in (listed if more else args.posonlyargs)}
    positional: list[str] = []
    named: list[str] = []
    for arg in [*listed[skip:], *args.kwonlyargs]:
        if arg.arg not in given:
            if arg.arg in defaults:
                continue
            raise Unbuildable(f"{arg.arg} was not captured")
        text = value(arg.arg, given[arg.arg], arg.annotation)
        if arg.arg in only:
            positional.append(text)
        elif arg.arg not in defaults or ast.unparse(defaults[arg.arg]) != text:
            named.append(f"{arg.arg}={text}")
    kind = args.vararg.annotation if args.vararg else None
    positional += [value(args.vararg.arg if args.vararg else "", item, kind) for item in more]
    words = given.get(args.kwarg.arg) if args.kwarg and starred else None
    if isinstance(words, dict):
        kind = args.kwarg.annotation if args.kwarg else None
        named += by_name({key: value(key, item, kind) for key, item in words.items()})
    return positional, named


def by_name(given: dict[str, str]) -> list[str]:
    """Arguments by name, from source by name; what is no name of Python's goes through a dict."""
    plain = {key: text for key, text in given.items() if key.isidentifier() and not iskeyword(key)}
    rest = ", ".join(f"{key!r}: {text}" for key, text in given.items() if key not in plain)
    return [*(f"{key}={text}" for key, text in plain.items()), *([f"**{{{rest}}}"] if rest else [])]
