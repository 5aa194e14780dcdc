"""What runs in the sandbox: reads a request on stdin, searches, and writes one JSON object on the real stdout."""

from __future__ import annotations

import json
import os
import sys
import traceback
from typing import Any

from .search import Search
from .survivors import Survivors
from .tests import PytestTests, ScriptTests, Tests

_FLAGS = ["-p", "no:cacheprovider", "--tb=no", "-q", "-p", "no:xdist", "-p", "no:randomly"]
# Plugins that only report or measure, and take long to import: left out unless the project's options need them.
_SPARED = ["-p", "no:hypothesispytest", "-p", "no:pytest_cov", "-p", "no:sugar", "-p", "no:html"]
_USAGE = 4  # pytest's exit code for options it does not know


class _Plugin:
    """Takes the place of pytest's run loop."""

    def __init__(self, request: dict[str, Any]) -> None:
        self.request = request
        self.told: dict[str, Any] = {}

    def pytest_configure(self, config: Any) -> None:
        """Have the request's own test collected too, wherever it is; called by pytest."""
        if first := self.request.get("first"):
            config.args[:] = [*config.args, first]

    def pytest_collection_modifyitems(self, items: list[Any]) -> None:
        """That test first, and each once; called by pytest."""
        first = os.path.realpath(self.request.get("first") or "")
        once = {item.nodeid: item for item in items}
        items[:] = sorted(once.values(), key=lambda item: os.path.realpath(item.path) != first)

    def pytest_runtestloop(self, session: Any) -> bool:
        """Search instead of running the tests; called by pytest."""
        if session.testsfailed:
            self.told = {"problem": "The test files cannot be collected."}
            return True
        if not session.items:
            self.told = {"problem": "No test was collected."}
            return True
        try:
            self.told = _run(self.request, PytestTests(session))
        except Exception:
            self.told = {"problem": traceback.format_exc(limit=-3)}
        return True


def main() -> None:
    """Answer one request: {"kind": "pytest" | "script", "args": [...], "budget": seconds}.

    With "lines" ({path: [line]}) it is told which faults there the tests do not notice, else what mends the tests;
    "first" is a test file that is run too, before the others, "paths" are folders of code. The process ends with the
    answer: what pytest and its plugins would still do is for tests that ran here; none did.
    """
    request = json.load(sys.stdin)
    answer = os.dup(1)
    sys.dont_write_bytecode = True
    sys.path[:0] = [os.getcwd(), *map(os.path.abspath, request.get("paths", []))]  # noqa: PTH109
    sys.setrecursionlimit(1000)
    try:
        told = _searched(request)
    except Exception:
        told = {"problem": traceback.format_exc(limit=-3)}
    with os.fdopen(answer, "w", encoding="utf-8") as out:
        out.write("\n" + json.dumps(told) + "\n")
    os._exit(0)


def _searched(request: dict[str, Any]) -> dict[str, Any]:
    if request["kind"] == "script":
        return _run(request, ScriptTests(request["args"]))
    import pytest

    plugin = _Plugin(request)
    code = pytest.main([*request["args"], *_FLAGS, *_SPARED], plugins=[plugin])
    if code == _USAGE and not plugin.told:
        code = pytest.main([*request["args"], *_FLAGS], plugins=[plugin])
    if plugin.told:
        return plugin.told
    return {"problem": f"pytest ended with code {int(code)} before a test ran."}


def _run(request: dict[str, Any], tests: Tests) -> dict[str, Any]:
    root, budget = os.getcwd(), request["budget"]  # noqa: PTH109
    if "lines" in request:
        return Survivors(tests, root, budget, request["lines"]).run()
    return Search(tests, root, budget).run()
