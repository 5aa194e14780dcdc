"""Keys that lead straight to a report.

Two levels work for stacks: a strict key (exception type and every in-app frame) that recognises the same failure, and a
loose one (exception type and the crashing in-app frame) that joins ways to reach it.
"""

from __future__ import annotations

import hashlib
import re
from typing import Any

Json = dict[str, Any]

_PARAMETERS = (
    (re.compile(r"\b[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}\b"), "<uuid>"),
    (re.compile(r"[\w.+-]+@[\w-]+\.[\w.-]+"), "<email>"),
    (re.compile(r"https?://[^\s'\"<>]+"), "<url>"),
    (re.compile(r"\b\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:?\d\d)?)?"), "<time>"),
    (re.compile(r"\b\d{1,3}(?:\.\d{1,3}){3}(?::\d+)?\b"), "<ip>"),
    (re.compile(r"\b0x[0-9a-fA-F]+\b|\b(?=[0-9a-f]*\d)[0-9a-f]{12,}\b"), "<hex>"),
    (re.compile(r"'[^'\n]{0,200}'|\"[^\"\n]{0,200}\""), "<text>"),
    (re.compile(r"[-+]?\b\d+(?:[.,]\d+)*\b"), "<n>"),
)
_WRAPPERS = re.compile(r"<(?:lambda|listcomp|dictcomp|setcomp|genexpr|locals)>")


def without_parameters(text: str) -> str:
    """A message with what differs from one occurrence to the next replaced by its kind."""
    for pattern, word in _PARAMETERS:
        text = pattern.sub(word, text)
    return " ".join(text.split())[:500]


def _digest(*parts: str) -> str:
    return hashlib.sha256("\x1f".join(parts).encode("utf-8", "replace")).hexdigest()[:32]


def _place(frame: Json) -> str:
    """Where a frame is, without what differs between machines and releases: module, else the path's tail."""
    where = str(frame.get("module") or "")
    if not where or where == "__main__":
        path = str(frame.get("path") or frame.get("abs_path") or "").replace("\\", "/").split("?")[0]
        where = "/".join(re.sub(r"[.-][0-9a-f]{8,}(?=\.)", "", part) for part in path.split("/")[-2:])
    function = _WRAPPERS.sub("", str(frame.get("function") or "?")).rsplit(".", 1)[-1].strip(".") or "?"
    return f"{where.lower()}:{function}"


def frames(exception: Json) -> list[str]:
    """The places of an exception's in-app frames (of its last frames when none is), recursion folded."""
    found = exception.get("frames") or []
    own = [frame for frame in found if frame.get("in_app")] or found[-3:]
    places: list[str] = []
    for frame in own:
        place = _place(frame)
        if place not in places[-3:]:
            places.append(place)
    return places


def keys(source: str, kind: str, title: str, entities: Json, payload: Json) -> list[str]:
    """The keys of a signal, strictest first; empty for free text, which only its words can place."""
    own = [str(part) for part in payload.get("fingerprint") or [] if part]
    if own and "{{ default }}" not in own and "{{default}}" not in own:
        return [f"own:{_digest(source, *own)}"]
    exceptions = [e for e in payload.get("exceptions") or [] if e.get("type") or e.get("frames")]
    if exceptions:
        return _stack_keys(exceptions)
    if kind in ("health", "outcome", "scout"):
        return [f"{kind}:{_digest(source, title if kind != 'health' else _health(entities))}"]
    template = (payload.get("message") or {}).get("template") or ""
    if kind == "message" and template:
        return [f"message:{_digest(without_parameters(template))}"]
    return []


def _health(entities: Json) -> str:
    return f"{entities.get('check', '')}/{entities.get('trouble', '')}"


def _stack_keys(exceptions: list[Json]) -> list[str]:
    main = exceptions[-1]
    name = str(main.get("type") or "Error")
    places = frames(main)
    if not places:
        return [f"value:{_digest(name, without_parameters(str(main.get('value') or '')))}"]
    return [f"strict:{_digest(name, *places)}", f"loose:{_digest(name, places[-1])}"]
