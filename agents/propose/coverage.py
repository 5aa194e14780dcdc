"""Which changed lines no test executes, by tracing the project's tests in the sandbox."""

from __future__ import annotations

import ast
import json
from pathlib import Path

from agents.sandbox import SandboxError, SandboxProvider, Source
from agents.sandbox.shell import run_line

_PLUGIN = "loop_lines.py"
# A pytest plugin, so that it needs no package in the project's environment.
_TRACER = """
import json, os, sys, threading
_wanted = set(json.loads(os.environ["LOOP_LINES"]))
_root = os.getcwd() + os.sep
_seen = {}

def _local(frame, event, arg):
    if event == "line":
        _seen.setdefault(frame.f_code.co_filename, set()).add(frame.f_lineno)
    return _local

def _global(frame, event, arg):
    name = frame.f_code.co_filename
    return _local if name.startswith(_root) and name[len(_root):] in _wanted else None

threading.settrace(_global)
sys.settrace(_global)

def pytest_sessionfinish(session, exitstatus):
    sys.settrace(None)
    with open(".loop-lines.json", "w") as out:
        json.dump({name[len(_root):]: sorted(lines) for name, lines in _seen.items()}, out)
"""


def statements(source: str, lines: tuple[int, ...]) -> set[int]:
    """Of these lines, those on which a statement begins: what a tracer can see."""
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError):
        return set()
    starts = {
        node.lineno for node in ast.walk(tree)
        if isinstance(node, ast.stmt) and not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
        and not (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant))
    }  # fmt: skip
    return starts & set(lines)


async def untested(
    sandboxes: SandboxProvider, head_tree: Path, changed: dict[str, tuple[int, ...]]
) -> list[tuple[str, int]] | None:
    """Changed lines that no pytest test runs; None when that could not be found out."""
    wanted = {path: lines for path, lines in changed.items() if path.endswith(".py") and "test" not in path}
    if not wanted:
        return []
    async with await sandboxes.open(Source(head_tree, label="coverage")) as sandbox:
        await sandbox.write({_PLUGIN: _TRACER.encode()})
        names = json.dumps(sorted(wanted)).replace("'", "")
        await run_line(sandbox, f"LOOP_LINES='{names}' python -m pytest -q -p loop_lines -x")
        try:
            seen = json.loads(await sandbox.read(".loop-lines.json"))
        except (SandboxError, ValueError):
            return None
    missing = []
    for path, lines in sorted(wanted.items()):
        source = (head_tree / path).read_text(encoding="utf-8", errors="replace")
        missing += [(path, line) for line in sorted(statements(source, lines) - set(seen.get(path, ())))]
    return missing
