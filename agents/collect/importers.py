"""Importing files: which format a file has, and its items in batches.

Nothing is read whole that can be read line by line, and one bad line never stops the rest.
"""

from __future__ import annotations

import gzip
import io
import json
from collections.abc import Iterable, Iterator
from itertools import chain, islice
from pathlib import Path
from typing import Any

from agents.collect import CollectError, Item, Refused
from agents.collect import envelope as envelopes
from agents.collect.clean import words
from agents.collect.logs import read_log
from agents.collect.normalise import event
from agents.collect.plain import signal

FORMATS = ("auto", "sentry", "logs", "signals")
_BATCH = 500
_LINE = 20_000_000  # characters of one line
_WHOLE = 200_000_000  # bytes of a JSON document that is not one a line


def read_items(path: Path, format: str = "auto") -> Iterator[list[Item]]:
    """The items of a file, or of every file below a folder, in batches.

    Raises:
        CollectError: no such path or format.
    """
    if format not in FORMATS:
        raise CollectError(f"There is no format {format!r}; choose one of {', '.join(FORMATS)}.")
    if not path.exists():
        raise CollectError(f"There is no {path}; give a file or folder that exists.")
    found = sorted(p for p in path.rglob("*") if p.is_file()) if path.is_dir() else [path]
    for file in found:
        items = _read(file, format)
        while batch := list(islice(items, _BATCH)):
            yield batch


def _read(path: Path, format: str) -> Iterator[Item]:
    try:
        with path.open("rb") as probe:
            packed = probe.read(2) == b"\x1f\x8b"
        with gzip.open(path, "rb") if packed else path.open("rb") as raw:
            start = raw.read(65_536)
            raw.seek(0)
            yield from _parsed(raw, start, format, path.name)
    except (OSError, EOFError, gzip.BadGzipFile) as error:
        yield Refused("import", f"{path.name} cannot be read: {error}.")


def _parsed(raw: Any, start: bytes, format: str, name: str) -> Iterator[Item]:
    kind = _kind(start) if format == "auto" else format
    if kind == "sentry" and _is_envelope(start):
        yield from _envelope(raw.read(_WHOLE + 1), name)
        return
    lines = io.TextIOWrapper(raw, encoding="utf-8", errors="replace", newline="\n")
    if kind == "logs":
        yield from read_log(lines)
    else:
        yield from _documents(lines, kind, name)


def _first(start: bytes) -> Any:
    try:
        return json.loads(start.lstrip().split(b"\n", 1)[0].decode("utf-8", "replace"))
    except (ValueError, RecursionError):
        return None


def _is_envelope(start: bytes) -> bool:
    head = _first(start)
    if not isinstance(head, dict) or not {"event_id", "dsn", "sent_at", "sdk", "trace"} & set(head):
        return False
    second = start.lstrip().split(b"\n", 2)[1:2]
    try:
        item = json.loads(second[0].decode("utf-8", "replace")) if second else None
    except (ValueError, RecursionError):
        return False
    return isinstance(item, dict) and isinstance(item.get("type"), str) and "exception" not in item


def _kind(start: bytes) -> str:
    if start.lstrip()[:1] not in (b"{", b"["):
        return "logs"
    if _is_envelope(start):
        return "sentry"
    head = _first(start)
    if isinstance(head, list):
        head = next((item for item in head if isinstance(item, dict)), None)
    marks = {"event_id", "exception", "logentry", "platform", "culprit", "sdk", "sentry.interfaces.Exception"}
    if isinstance(head, dict):
        return "sentry" if marks & set(head) else "signals"
    # A document over several lines: the words of its keys tell.
    return "sentry" if any(f'"{mark}"'.encode() in start for mark in marks) else "signals"


def _envelope(data: bytes, name: str) -> Iterator[Item]:
    try:
        items = envelopes.parse(data)
    except CollectError as error:
        yield Refused("sentry", f"{name}: {error}", words(data[:500].decode("utf-8", "replace")))
        return
    yield from items


def _documents(lines: Iterable[str], kind: str, name: str) -> Iterator[Item]:
    """JSONL; or, when the first line is no whole document, one document over all lines."""
    rows = iter(lines)
    first = next((line for line in rows if line.strip()), "")
    if not first:
        return
    try:
        head = json.loads(first)
    except (ValueError, RecursionError):
        rest = "".join(chain([first], rows))[:_WHOLE]
        try:
            head = json.loads(rest)
        except (ValueError, RecursionError):
            yield from _lines(rest.splitlines(), kind, name)
            return
        rows = iter(())
    yield from _values(head, kind, name, 1)
    yield from _lines(rows, kind, name, 2)


def _lines(rows: Iterable[str], kind: str, name: str, number: int = 1) -> Iterator[Item]:
    for count, row in enumerate(rows, number):
        if not row.strip():
            continue
        try:
            value = json.loads(row) if len(row) <= _LINE else None
        except (ValueError, RecursionError):
            value = None
        if value is None:
            yield Refused("import", f"{name}, line {count}: no JSON.", words(row, 500))
        else:
            yield from _values(value, kind, name, count)


def _values(value: Any, kind: str, name: str, number: int) -> Iterator[Item]:
    for item in value if isinstance(value, list) else [value]:
        made = event(_unwrapped(item)) if kind == "sentry" else signal(item)
        if made is None:
            what = "no event" if kind == "sentry" else "no signal: it needs a title"
            yield Refused("import", f"{name}, line {number}: {what}.", words(json.dumps(item, default=str), 500))
        else:
            yield made


def _unwrapped(item: Any) -> Any:
    """Events exported from Sentry's API sit under `event` or have their data in `entries`."""
    if isinstance(item, dict) and isinstance(item.get("event"), dict):
        return item["event"]
    if isinstance(item, dict) and isinstance(item.get("entries"), list):
        merged = {"event_id": item.get("eventID") or item.get("id"), "timestamp": item.get("dateCreated"), **item}
        for entry in item["entries"]:
            if isinstance(entry, dict) and entry.get("type") in ("exception", "request", "message"):
                key = "logentry" if entry["type"] == "message" else entry["type"]
                merged[key] = _snake(entry.get("data"))
        merged["tags"] = [[t.get("key"), t.get("value")] for t in item.get("tags") or [] if isinstance(t, dict)]
        return merged
    return item


_API_NAMES = {"lineNo": "lineno", "absPath": "abs_path", "inApp": "in_app", "inferredContentType": ""}


def _snake(value: Any, depth: int = 0) -> Any:
    """What Sentry's API calls fields, in the words of its events."""
    if depth > 12:
        return None
    if isinstance(value, list):
        return [_snake(item, depth + 1) for item in value]
    if isinstance(value, dict):
        return {_API_NAMES.get(k, k): v if k == "vars" else _snake(v, depth + 1) for k, v in value.items()}
    return value
