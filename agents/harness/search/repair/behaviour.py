"""What plausible candidates do on inputs like the tests' own: those that do the same are one choice."""

from __future__ import annotations

import asyncio
import copy
import gc
import inspect
import itertools
import re
import sys
import types
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from .children import Expired, Say, expire_after, forked
from .inputs import Args, like

_ADDRESS = re.compile(r" at 0x[0-9a-f]+")
_CALLS, _LARGEST = 40, 20_000  # calls recorded of a function; characters of arguments worth copying
_TIMEOUTS = 3
Seen = list[str]  # for each input what came out, as text; "!…" an error, "?" no end


@dataclass
class Recorded:
    """Calls of one function that tests of the suite made."""

    function: types.FunctionType
    calls: list[Args]


class Recorder:
    """Records the outermost calls into the project that reach one function.

    Args:
        ours: whether a code object is the project's, and no test.
        reached: whether it is the function in question.
    """

    def __init__(self, ours: Callable[[types.CodeType], bool], reached: Callable[[types.CodeType], bool]) -> None:
        self._ours, self._reached = ours, reached
        self._depth, self._hit = 0, False
        self._args: Args | None = None
        self.calls: dict[types.CodeType, list[Args]] = {}

    def _call(self, frame: types.FrameType, event: str, arg: Any) -> Any:
        code = frame.f_code
        if not self._ours(code):
            return None
        frame.f_trace_lines = False
        if self._depth == 0:
            self._hit, self._args = False, None
            if len(self.calls.get(code, ())) < _CALLS:
                self._args = _arguments(frame)
        self._depth += 1
        self._hit = self._hit or self._reached(code)
        return self._leave

    def _leave(self, frame: types.FrameType, event: str, arg: Any) -> Any:
        if event == "return":
            self._depth -= 1
            if self._depth == 0 and self._hit and self._args is not None:
                self.calls.setdefault(frame.f_code, []).append(self._args)
        return self._leave

    def __enter__(self) -> Recorder:
        self._depth = 0
        sys.settrace(self._call)
        return self

    def __exit__(self, *exc: object) -> None:
        sys.settrace(None)

    def recorded(self) -> list[Recorded]:
        """The calls by function, for those that exist as functions and take no keyword-only arguments."""
        functions = {o.__code__: o for o in gc.get_objects() if isinstance(o, types.FunctionType)}
        return [Recorded(functions[code], calls) for code, calls in self.calls.items() if code in functions]


def _arguments(frame: types.FrameType) -> Args | None:
    code = frame.f_code
    if code.co_kwonlyargcount or code.co_flags & (inspect.CO_VARARGS | inspect.CO_VARKEYWORDS):
        return None
    try:
        values = tuple(frame.f_locals[name] for name in code.co_varnames[: code.co_argcount])
        return copy.deepcopy(values) if len(repr(values)) < _LARGEST else None
    except Exception:
        return None


def normal(value: Any, depth: int = 0) -> str:
    """A value as text that is the same for equal values of other runs."""
    if depth > 8:
        return "…"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{normal(k, depth + 1)}: {normal(v, depth + 1)}" for k, v in value.items()) + "}"
    if isinstance(value, set | frozenset):
        return "{" + ", ".join(sorted(normal(v, depth + 1) for v in value)) + "}"
    if isinstance(value, list | tuple):
        inner = ", ".join(normal(v, depth + 1) for v in value)
        return f"[{inner}]" if isinstance(value, list) else f"({inner})"
    if isinstance(value, float):
        return f"{value:.9g}"
    if isinstance(value, types.GeneratorType | map | filter | zip | itertools.chain) or type(value).__name__.endswith(
        "iterator"
    ):
        return normal(list(itertools.islice(value, 2000)), depth + 1)
    if "__repr__" not in _own(value) and hasattr(value, "__dict__"):
        return f"{type(value).__name__}({normal(vars(value), depth + 1)})"
    return _ADDRESS.sub("", repr(value))


def _own(value: Any) -> set[str]:
    return {name for kind in type(value).__mro__ if kind is not object for name in vars(kind)}


def _one(function: types.FunctionType, args: Args, seconds: float) -> str:
    """What one call gives and leaves in its arguments."""
    values = copy.deepcopy(args)
    expire_after(seconds, kill=False)
    try:
        result: Any = function(*values)
        if inspect.iscoroutine(result):
            result = asyncio.run(result)
        said = normal(result)
        left = normal(values) if any(isinstance(v, list | dict | set) or hasattr(v, "__dict__") for v in values) else ""
        return f"{said[:4000]}\0{left[:4000]}"
    except Expired:
        return "?"
    except RecursionError:
        return "!RecursionError"
    except BaseException as error:
        return f"!{type(error).__name__}"
    finally:
        expire_after(0, kill=False)


def observe(
    recorded: list[Recorded], installs: Sequence[Callable[[], bool]], at_once: int, seconds: float
) -> tuple[list[str], int, list[Seen]]:
    """What each candidate does.

    Args:
        recorded: calls to vary.
        installs: each puts a candidate in place; run in a child.
        at_once: how many children side by side.
        seconds: for one call.

    Returns:
        The calls as text, how many of them are the tests' own (they come first), and for each candidate what came out.
    """
    own, more = [], []
    for item in recorded:
        made = like(item.calls)
        own += [(item.function, args) for args in made[: len(item.calls)]]
        more += [(item.function, args) for args in made[len(item.calls) :]]
    inputs = [*own, *more[:300]]

    def task(install: Callable[[], bool]) -> Callable[[Say], None]:
        def run(say: Say) -> None:
            if not install():
                return
            late = 0
            for function, args in inputs:
                said = _one(function, args, seconds) if late < _TIMEOUTS else "?"
                late += said == "?"
                say(said)

        return run

    seen: list[Seen] = [[] for _ in installs]
    for place, said in forked([task(install) for install in installs], at_once=at_once, seconds=20 * seconds + 5):
        seen[place] = [*said, *["?"] * (len(inputs) - len(said))]
    return [_shown(function, args) for function, args in inputs], len(own), seen


def _shown(function: types.FunctionType, args: Args) -> str:
    return f"{function.__name__}({', '.join(normal(arg) for arg in args)})"
