"""Python tracebacks out of plain logs.

The form is that of `traceback.print_exception`: a header, pairs of `File "…", line N, in f` and source line, and the
exception's line; chains are joined by their two well-known sentences. Lines may carry a prefix of a log shipper.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Any

from agents.collect import Incoming
from agents.collect.clean import line, words
from agents.collect.normalise import in_app, moment, weight
from agents.collect.scrub import text

_START = re.compile(r"^(?P<prefix>.*?)Traceback \(most recent call last\):\s*$")
_FRAME = re.compile(r'^\s*File "(?P<path>[^"]+)", line (?P<line>\d+)(?:, in (?P<function>.+))?$')
_ERROR = re.compile(r"^(?P<type>[A-Za-z_][\w.]*)(?:: (?P<value>.*))?$")
_CHAIN = (
    "During handling of the above exception, another exception occurred:",
    "The above exception was the direct cause of the following exception:",
)
_TIME = re.compile(
    r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d{1,6})?(?:Z|[+-]\d\d:?\d\d)?|\d\d/\w{3}/\d{4}:\d\d:\d\d:\d\d [+-]\d{4}"
)
_LEVEL = re.compile(r"\b(CRITICAL|FATAL|ERROR|WARNING|WARN|INFO|DEBUG)\b")
_MARKS = re.compile(r"^\s*[~^]+[~^ ]*$")
_LONGEST = 2_000  # lines of one traceback


def _stamp(row: str) -> datetime | None:
    found = _TIME.search(row)
    if found is None:
        return None
    try:
        if "/" in found[0]:
            return datetime.strptime(found[0], "%d/%b/%Y:%H:%M:%S %z").astimezone(UTC)
    except ValueError:
        return None
    return moment(found[0].replace(",", "."))


class _Traceback:
    """One traceback while its lines come in."""

    def __init__(self, prefix: str) -> None:
        self.prefix = prefix
        self.exceptions: list[dict[str, Any]] = []
        self.frames: list[dict[str, Any]] = []
        self.lines: list[str] = []
        self.between = False  # after an exception's line: a chain may go on

    def add(self, row: str) -> bool:
        """Take a line; False when it no longer belongs."""
        row = row.removeprefix(self.prefix) if self.prefix and row.startswith(self.prefix) else row
        if len(self.lines) >= _LONGEST:
            return False
        if self.between:
            return self._after(row)
        self.lines.append(row)
        if found := _FRAME.match(row):
            self._frame(found)
            return True
        if row.startswith((" ", "\t")) or not row.strip():
            if self.frames and not self.frames[-1]["context_line"] and not _MARKS.match(row):
                self.frames[-1]["context_line"] = words(row.strip(), 500)
            return True
        return self._error(row)

    def _frame(self, found: re.Match[str]) -> None:
        path = found["path"]
        self.frames.append(
            {
                "path": words(path, 500), "abs_path": words(path, 500), "module": "",
                "function": words(found["function"] or "", 300), "line": int(found["line"]),
                "in_app": in_app({"abs_path": path}), "context_line": "", "pre_context": [], "post_context": [],
                "vars": {},
            }
        )  # fmt: skip

    def _error(self, row: str) -> bool:
        found = _ERROR.match(row.rstrip())
        if found is None or not self.frames:
            return False
        module, _, name = found["type"].rpartition(".")
        self.exceptions.append(
            {
                "type": name, "module": module, "value": text(words(found["value"] or "", 4_000)), "handled": None,
                "frames": self.frames,
            }
        )  # fmt: skip
        self.frames = []
        self.between = True
        return True

    def _after(self, row: str) -> bool:
        bare = row.strip()
        if not bare:
            self.lines.append(row)
            return True
        if bare in _CHAIN:
            self.lines.append(row)
            return True
        if _START.match(row):
            self.lines.append(row)
            self.between = False
            return True
        return False


def read_log(rows: Iterable[str]) -> Iterator[Incoming]:
    """Each traceback of a log as an error; other lines are context (time, level), not signals."""
    current: _Traceback | None = None
    at: datetime | None = None
    level = "error"
    handled: bool | None = None
    for raw in rows:
        row = raw.rstrip("\r\n")
        if current is not None:
            if current.add(row):
                continue
            if (made := _signal(current, at, level, handled)) is not None:
                yield made
            current = None
        if found := _START.match(row):
            current = _Traceback(found["prefix"] if _only_prefix(found["prefix"]) else "")
            current.lines.append(row)
            at = _stamp(row) or at
            continue
        if stamp := _stamp(row):
            at = stamp
            said = _LEVEL.search(row)
            level = _level(said[1]) if said else "error"
            handled = True if said else None
    if current is not None and (made := _signal(current, at, level, handled)) is not None:
        yield made


def _only_prefix(prefix: str) -> bool:
    """Whether the text before `Traceback` stands before its other lines too (a shipper's, without a time in it)."""
    return bool(prefix) and _TIME.search(prefix) is None


def _level(word: str) -> str:
    return {"CRITICAL": "fatal", "WARN": "warning"}.get(word, word.lower())


def _signal(found: _Traceback, at: datetime | None, level: str, handled: bool | None) -> Incoming | None:
    if not found.exceptions:
        return None
    main = found.exceptions[-1]
    body = text(words("\n".join(found.lines)))
    first = line(main["value"].split("\n", 1)[0])
    # The time is part of what it is: the same traceback a minute later is another event.
    key = f"{at.isoformat() if at else ''}\n{body}"
    level = level if level in ("fatal", "error", "warning") else "error"
    return Incoming(
        source="logs",
        external_id=hashlib.sha256(key.encode("utf-8", "replace")).hexdigest()[:32],
        at=at or datetime.now(UTC),
        title=line(f"{main['type']}: {first}" if first else main["type"]),
        body=body,
        level=level,
        handled=handled,
        weight=weight(level, handled if level == "warning" else None),
        payload={"exceptions": found.exceptions, "message": {}, "request": {}, "tags": {}, "platform": "python"},
    )
