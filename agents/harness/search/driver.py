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


def _tests(tree: ast.Module) -> list[tuple[str, ast.FunctionDef]]:
    """The test functions, each with the name of its class, "" for a module's own."""
    found = []
    for node in tree.body:
        owner = node.name if isinstance(node, ast.ClassDef) else ""
        for each in node.body if isinstance(node, ast.ClassDef) else [node]:
            if isinstance(each, ast.FunctionDef) and each.name.startswith("test_") and each.body:
                found.append((owner, each))
    return found


def _returning(source: str) -> tuple[ast.Module, list[tuple[str, str]]]:
    """The test module with each test's last expression returned (of an assert: what is compared, and its message)."""
    tree = ast.parse(source)
    tests = _tests(tree)
    for _, node in tests:
        body = node.body
        while isinstance(body[-1], ast.With):
            body = body[-1].body
        last = body[-1]
        if isinstance(last, ast.Assert):
            value = last.test.left if isinstance(last.test, ast.Compare) else last.test
            whole = ast.Tuple([value, last.msg], ast.Load()) if last.msg is not None else value
            body[-1] = ast.copy_location(ast.Return(whole), last)
        elif isinstance(last, ast.Expr):
            body[-1] = ast.copy_location(ast.Return(last.value), last)
    return ast.fix_missing_locations(tree), [(owner, node.name) for owner, node in tests]


def _observe(request: dict[str, Any], candidate: dict[str, str], out: BinaryIO) -> None:
    for path, text in candidate.items():
        Path(path).write_text(text, encoding="utf-8")
    sys.path[:0] = [str(Path.cwd()), *([str(Path(request["root"]).resolve())] if request["root"] else [])]
    out.write(json.dumps([_module(test) for test in request["tests"]]).encode())


def _module(test: str) -> list[list[str]]:
    names: dict[str, Any] = {"__name__": "loop_observed"}
    tree, tests = _returning(test)
    try:
        exec(compile(tree, "<test>", "exec"), names)
    except BaseException as error:
        return [["error", type(error).__name__]]
    seen = []
    for owner, name in tests:
        try:
            function = getattr(names[owner](name), name) if owner else names[name]
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
