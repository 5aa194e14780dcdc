"""The tests as functions that can be run one by one in a child: those of pytest (and unittest), or one script."""

from __future__ import annotations

import copy
import sys
import types
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, Protocol

from .swap import live, read_instead, swap


@dataclass
class Outcome:
    """How one test ended."""

    ok: bool
    error: str = ""  # the exception's type
    message: str = ""
    frames: list[tuple[str, int]] = field(default_factory=list)  # absolute file and line, outermost first


class Tests(Protocol):
    """What the search needs of a test runner."""

    names: list[str]
    files: set[str]  # absolute paths of the files that hold the tests

    def run(self, index: int) -> Outcome:
        """Run one test here and now."""
        ...

    def repeats(self, path: str) -> bool:
        """Whether one process can run tests on one change to a file after the other."""
        ...

    def install(self, path: str, old: str, new: str, text: str) -> bool:
        """Put a changed function in place of the old one.

        Args:
            path: the absolute file.
            old: the old function alone, at its own lines.
            new: the new one, in the same way.
            text: the whole file with the change.
        """
        ...


class PytestTests:
    """Collected items of a pytest session that is in its run loop."""

    def __init__(self, session: Any) -> None:
        self._items = list(session.items)
        self._caught: list[Any] = []
        self._params = [_params(item) for item in self._items]
        self.names = [item.nodeid for item in self._items]
        self.files = {str(item.path) for item in self._items}
        session.config.pluginmanager.register(self)

    def pytest_exception_interact(self, call: Any) -> None:
        """Keep what was raised; called by pytest."""
        self._caught.append(call.excinfo)

    def pytest_runtest_makereport(self, item: Any, call: Any) -> Any:
        """How a phase ended, without pytest's rendering of the traceback, which costs most of a failing test's time."""
        import pytest

        outcome: Literal["passed", "failed", "skipped"] = "passed"
        if call.excinfo is not None:
            outcome = "skipped" if isinstance(call.excinfo.value, pytest.skip.Exception) else "failed"
        return pytest.TestReport(item.nodeid, item.location, {}, outcome, None, call.when, duration=call.duration)

    def run(self, index: int) -> Outcome:
        """Run one test with its fixtures, and take these down again."""
        from _pytest.runner import runtestprotocol

        self._caught.clear()
        item = self._items[index]
        if self._params[index] is not None:
            item.callspec.params.update(copy.deepcopy(self._params[index]))
        reports = runtestprotocol(item, log=False, nextitem=None)
        if not any(report.failed for report in reports):
            return Outcome(True)
        if not self._caught:
            return Outcome(False)
        info = self._caught[0]
        frames = [(str(entry.path), entry.lineno + 1) for entry in info.traceback[-30:]]
        return Outcome(False, info.typename, str(info.value)[:500], frames)

    def repeats(self, path: str) -> bool:
        """Where the file is imported already."""
        return bool(live(path))

    def install(self, path: str, old: str, new: str, text: str) -> bool:
        """Give the live functions the new code; a file that tests import while they run is read with the change."""
        if not live(path):
            compile(new, path, "exec")
            read_instead(path, text)
            return True
        return swap(path, old, new)


def _params(item: Any) -> dict[str, Any] | None:
    """A copy of a test's parameters, which code under test may change in place."""
    try:
        return copy.deepcopy(item.callspec.params) if hasattr(item, "callspec") else None
    except Exception:
        return None  # what cannot be copied is shared


class ScriptTests:
    """One script that fails when it raises or exits with another code than 0.

    Args:
        argv: the script and its arguments.
    """

    def __init__(self, argv: list[str]) -> None:
        self._argv = argv
        self._path = str(Path(argv[0]).resolve())
        self._text: dict[str, str] = {}
        self.names = [argv[0]]
        self.files = {self._path}
        sys.path[:0] = [str(Path(self._path).parent)]

    def run(self, index: int) -> Outcome:
        """Run the script as `__main__`."""
        sys.argv = list(self._argv)
        module = types.ModuleType("__main__")
        module.__file__ = self._path
        sys.modules["__main__"] = module
        text = self._text.get(self._path) or Path(self._path).read_text(encoding="utf-8")
        try:
            exec(compile(text, self._path, "exec"), module.__dict__)
        except SystemExit as error:
            return Outcome(error.code in (None, 0), "SystemExit", str(error.code))
        except BaseException as error:
            frames = []
            trace = error.__traceback__
            while trace is not None:
                frames.append((trace.tb_frame.f_code.co_filename, trace.tb_lineno))
                trace = trace.tb_next
            return Outcome(False, type(error).__name__, str(error)[:500], frames[1:])
        return Outcome(True)

    def repeats(self, path: str) -> bool:
        """Never: what the script imports stays imported."""
        return False

    def install(self, path: str, old: str, new: str, text: str) -> bool:
        """Let the changed file be read where the import system would read the one on the disk."""
        compile(text, path, "exec")
        self._text[path] = text
        read_instead(path, text)
        return True
