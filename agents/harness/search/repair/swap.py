"""A function's code replaced in the running process: every reference to the function has the change at once."""

from __future__ import annotations

import gc
import importlib.machinery
import os
import sys
import types
from collections.abc import Iterator
from typing import Any

Key = tuple[str, int]  # name and first line of a code object


def _codes(code: types.CodeType, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], types.CodeType]]:
    """All code objects with their place: names from the outside in, counted among siblings of one name."""
    count: dict[str, int] = {}
    for part in code.co_consts:
        if isinstance(part, types.CodeType):
            count[part.co_name] = count.get(part.co_name, 0) + 1
            place = (*path, f"{part.co_name}#{count[part.co_name]}")
            yield place, part
            yield from _codes(part, place)


def _key(code: types.CodeType) -> Key:
    return code.co_name, code.co_firstlineno


_KNOWN: dict[str, list[types.FunctionType]] = {}


def live(path: str) -> list[types.FunctionType]:
    """The functions of a file that exist in this process; looked up once, by the parent of all that change them."""
    if path not in _KNOWN:
        same = {path, os.path.realpath(path)}
        _KNOWN[path] = [o for o in gc.get_objects() if isinstance(o, types.FunctionType) and _file(o) in same]
    return _KNOWN[path]


def _file(function: types.FunctionType) -> str:
    return os.path.abspath(function.__code__.co_filename)  # noqa: PTH100


def swap(path: str, old: str, new: str) -> bool:
    """Give the live functions of `old` the code of `new`; both are one function alone, at its own lines of the file.

    Returns:
        Whether one at least took it; one whose free variables changed cannot.

    Raises:
        SyntaxError: `new` does not compile.
    """
    after = dict(_codes(compile(new, path, "exec", dont_inherit=True)))
    before = {_key(code): place for place, code in _codes(compile(old, path, "exec", dont_inherit=True))}
    done = False
    for function in live(path):
        code = after.get(before.get(_first(function.__code__, before), ()))
        if code is not None:
            if code.co_freevars != function.__code__.co_freevars:
                return False
            function.__code__ = code
            done = True
    return done


def _first(code: types.CodeType, before: dict[Key, tuple[str, ...]]) -> Key:
    # A decorated function's first line is that of its decorator; compiled alone it has none.
    lines = sorted({line for _, _, line in code.co_lines() if line and line > code.co_firstlineno})
    near = range(code.co_firstlineno, lines[0] + 1 if lines else code.co_firstlineno + 1)
    return next((key for key in before if key[0] == code.co_name and key[1] in near), _key(code))


def read_instead(path: str, text: str) -> None:
    """Let a changed file be read where the import system would read the one on the disk."""
    read = importlib.machinery.SourceFileLoader.get_data

    def get_data(loader: Any, wanted: str) -> bytes:
        if os.path.realpath(wanted) == path:
            return text.encode()
        if wanted.endswith(".pyc"):
            raise OSError("what is cached may be of the old text")
        return read(loader, wanted)

    importlib.machinery.SourceFileLoader.get_data = get_data  # type: ignore[method-assign, assignment]


def kept(root: str) -> list[int]:
    """How much modules under a folder hold in collections, default arguments and caches: what calls may leave."""
    sizes = []
    for module in list(sys.modules.values()):
        if not (getattr(module, "__file__", None) or "").startswith(root):
            continue
        for value in list(vars(module).values()):
            if isinstance(value, list | dict | set):
                sizes.append(len(value))
            elif hasattr(value, "cache_info"):
                sizes.append(value.cache_info().currsize)
            elif isinstance(value, type):
                sizes += [len(part) for part in vars(value).values() if isinstance(part, list | dict | set)]
            elif isinstance(value, types.FunctionType):
                sizes += [len(part) for part in value.__defaults__ or () if isinstance(part, list | dict | set)]
    return sizes
