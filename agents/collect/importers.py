"""Importing files: which format a file has, and its items in batches.

Nothing is read whole that can be read line by line, and one bad line never stops the rest.
"""

from __future__ import annotations

import codecs
import contextlib
import gzip
import io
import json
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import replace
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
_LOG_LINE = 100_000  # characters of one line of a log
_START = 65_536  # bytes by which a file's kind is told
_HEADERS = {"event_id", "dsn", "sent_at", "sdk", "trace"}  # of an envelope
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
    if not found:
        raise CollectError(f"There is no file in {path}; give a file, or a folder with files in it.")
    for file in found:
        items = _read(file, format, asked=file == path)
        while batch := list(islice(items, _BATCH)):
            yield batch


def _read(path: Path, format: str, *, asked: bool) -> Iterator[Item]:
    try:
        with path.open("rb") as probe:
            packed = probe.read(2) == b"\x1f\x8b"
        with gzip.open(path, "rb") if packed else path.open("rb") as raw:
            start = _upto(raw, _START)
            mark = len(codecs.BOM_UTF8) if start.startswith(codecs.BOM_UTF8) else 0
            start = start[mark:]
            raw.seek(mark)
            if start.strip():
                yield from _parsed(raw, start, format, path.name)
                return
            raw.read(_START)  # tells packed data that is broken from none
            if asked:
                yield Refused("import", f"{path.name} is empty; there is nothing to import.")
    except (OSError, EOFError, zlib.error) as error:
        yield Refused("import", f"{path.name} cannot be read to its end: {str(error).rstrip('.')}.")


def _upto(raw: Any, limit: int) -> bytes:
    """At most `limit` bytes; of packed data that breaks off, what came before."""
    parts = bytearray()
    with contextlib.suppress(EOFError, zlib.error):
        while len(parts) < limit and (part := raw.read1(min(_START, limit - len(parts)))):
            parts += part
    return bytes(parts)


def _parsed(raw: Any, start: bytes, format: str, name: str) -> Iterator[Item]:
    kind = _kind(start) if format == "auto" else format
    if kind == "sentry" and _is_envelope(start):
        yield from _envelope(_upto(raw, _WHOLE), name)
        return
    if kind == "logs" and format == "auto" and _is_binary(start):
        yield Refused("import", f"{name} is no text; give Sentry JSON, JSONL or envelopes, or a log in UTF-8.")
        return
    lines = io.TextIOWrapper(raw, encoding="utf-8", errors="replace", newline="\n")
    if kind == "logs":
        yield from read_log(_rows(lines, _LOG_LINE))
    else:
        yield from _documents(lines, kind, name)


def _is_binary(start: bytes) -> bool:
    return b"\0" in start or start.decode("utf-8", "replace").count("\ufffd") > len(start) / 10


def _rows(lines: io.TextIOWrapper, limit: int) -> Iterator[str]:
    """The lines, each cut to one character over `limit`, so that no line is ever held whole."""
    while row := lines.readline(limit + 1):
        part = row
        while part and not part.endswith("\n"):
            part = lines.readline(_START)
        yield row


def _first(start: bytes) -> Any:
    try:
        return json.loads(start.lstrip().split(b"\n", 1)[0].decode("utf-8", "replace"))
    except (ValueError, RecursionError):
        return None


def _is_envelope(start: bytes) -> bool:
    head = _first(start)
    if not isinstance(head, dict) or not _HEADERS & set(head):
        return False
    second = b"".join(start.lstrip().split(b"\n", 2)[1:2])
    try:
        item = json.loads(second.decode("utf-8", "replace"))
    except (ValueError, RecursionError):
        return set(head) <= _HEADERS  # cut off in or before its first item
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
    if b"\n" not in data.strip():
        why = f"{name}: the envelope is cut off before its first item."
        yield Refused("sentry", why, words(data[:500].decode("utf-8", "replace")))
    for item in items:
        yield replace(item, reason=f"{name}: {item.reason}") if isinstance(item, Refused) else item


def _documents(lines: io.TextIOWrapper, kind: str, name: str) -> Iterator[Item]:
    """JSONL; or, when the first line is no whole document, one document over all lines."""
    number, first = next(((n, row) for n, row in enumerate(_rows(lines, _WHOLE), 1) if row.strip()), (0, ""))
    if not number:
        return
    rows: Iterator[tuple[int, str]] = enumerate(_rows(lines, _LINE), number + 1)
    if (head := _loads(first)) is not None:
        yield from _values(head, kind, name, number)
    else:
        held, complete = _held((number, first), rows)
        if complete and (whole := _loads("".join(row for _, row in held))) is not None:
            yield from _values(whole, kind, name, number)
            return
        rows = chain(held, rows)
    yield from _lines(rows, kind, name)


def _held(first: tuple[int, str], rows: Iterator[tuple[int, str]]) -> tuple[list[tuple[int, str]], bool]:
    """Lines as far as they may be one document, and whether these are all."""
    held, size = [first], len(first[1])
    while size <= _WHOLE:
        if (row := next(rows, None)) is None:
            return held, True
        held.append(row)
        size += len(row[1])
    return held, False


def _loads(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _lines(rows: Iterable[tuple[int, str]], kind: str, name: str) -> Iterator[Item]:
    for number, row in rows:
        if not row.strip():
            continue
        value = _loads(row) if len(row) <= _LINE else None
        if value is None:
            yield Refused("import", f"{name}, line {number}: no JSON.", words(row, 500))
        else:
            yield from _values(value, kind, name, number)


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
