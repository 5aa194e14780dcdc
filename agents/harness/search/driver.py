"""Runs inside the sandbox: each candidate in a forked child, so that imports are fresh and cost little.

Reads one JSON object on stdin: {"root", "tests": [text], "candidates": [{path: text}], "timeout"}. Writes one JSON line
for each candidate: for each test module a list with, for each test function, ["value", repr] or ["error", type].
Stands alone: it is copied into the sandbox as text.
"""

from __future__ import annotations

import ast
import json
import os
import re
import signal
import sys
from pathlib import Path
from typing import Any, BinaryIO


def _returning(source: str) -> ast.Module:
    """The test module with each test's last expression returned (of an assert: what is compared)."""
    tree = ast.parse(source)
    for node in tree.body:
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_") and node.body:
            last = node.body[-1]
            if isinstance(last, ast.Assert):
                value = last.test.left if isinstance(last.test, ast.Compare) else last.test
                node.body[-1] = ast.copy_location(ast.Return(value), last)
            elif isinstance(last, ast.Expr):
                node.body[-1] = ast.copy_location(ast.Return(last.value), last)
    return ast.fix_missing_locations(tree)


def _observe(request: dict[str, Any], candidate: dict[str, str], out: BinaryIO) -> None:
    for path, text in candidate.items():
        Path(path).write_text(text, encoding="utf-8")
    sys.path[:0] = [str(Path.cwd()), *([str(Path(request["root"]).resolve())] if request["root"] else [])]
    out.write(json.dumps([_module(test) for test in request["tests"]]).encode())


def _module(test: str) -> list[list[str]]:
    names: dict[str, Any] = {"__name__": "loop_observed"}
    try:
        exec(compile(_returning(test), "<test>", "exec"), names)
    except BaseException as error:
        return [["error", type(error).__name__]]
    seen = []
    for name, function in list(names.items()):
        if name.startswith("test_") and callable(function):
            try:
                seen.append(["value", re.sub(r" at 0x[0-9a-f]+", "", repr(function()))[:2000]])
            except BaseException as error:
                seen.append(["error", type(error).__name__])
    return seen


def main() -> None:
    """Observe every candidate."""
    request = json.load(sys.stdin)
    touched = {path for candidate in request["candidates"] for path in candidate}
    originals = {path: Path(path).read_bytes() for path in touched}
    for candidate in request["candidates"]:
        reading, writing = os.pipe()
        child = os.fork()
        if child == 0:
            os.close(reading)
            null = os.open(os.devnull, os.O_RDWR)
            for number in (0, 1, 2):
                os.dup2(null, number)
            signal.alarm(int(request["timeout"]))
            with os.fdopen(writing, "wb") as out:
                _observe(request, candidate, out)
            os._exit(0)
        os.close(writing)
        with os.fdopen(reading, "rb") as pipe:
            said = pipe.read().decode("utf-8", "replace")
        os.waitpid(child, 0)
        for path, raw in originals.items():
            Path(path).write_bytes(raw)
        print(said or '[[["error", "no answer"]]]', flush=True)


main()
