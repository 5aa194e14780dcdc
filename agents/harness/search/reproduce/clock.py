"""A call at the moment it failed: only where the code asks for the time, and where it does not fail at another."""

from __future__ import annotations

import ast
from dataclasses import replace
from datetime import UTC

from agents.harness import Occurrence
from agents.harness.search.codemap import CodeMap
from agents.harness.search.reproduce.call import Call
from agents.harness.search.reproduce.calls import own_frames

_READINGS = {"now", "utcnow", "today"}


def at_the_time(code: CodeMap, occurrence: Occurrence, call: Call) -> Call | None:
    """The call with the clock of the functions on the stack stopped; None when none of them reads it."""
    for frame in reversed(own_frames(occurrence)):
        function = code.function_at(frame.path or "", frame.line, frame.function)
        for node in ast.walk(function.node) if function else ():
            if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
                continue
            owner, reading = node.func.value, node.func.attr
            if reading in _READINGS and isinstance(owner, ast.Name) and owner.id in ("datetime", "date"):
                if (owner.id, reading) != ("datetime", "today") and not _is_class(code, frame.path or "", owner.id):
                    continue
                return _stopped(call, code.module(frame.path or ""), owner.id, reading, occurrence, bool(node.args))
    return None


def _is_class(code: CodeMap, path: str, name: str) -> bool:
    parsed = code.parse(path)
    return any(
        isinstance(node, ast.ImportFrom) and node.module == "datetime" and any(a.name == name for a in node.names)
        for node in (parsed[1].body if parsed else [])
    )


def _stopped(call: Call, module: str, owner: str, reading: str, occurrence: Occurrence, aware: bool) -> Call:
    at = occurrence.at.astimezone(UTC)
    if owner == "date":
        moment, names = f"date({at.year}, {at.month}, {at.day})", {("datetime", "date")}
    else:
        zone = ", tzinfo=timezone.utc" if aware else ""
        moment = f"datetime({at.year}, {at.month}, {at.day}, {at.hour}, {at.minute}, {at.second}{zone})"
        names = {("datetime", "datetime")} | ({("datetime", "timezone")} if aware else set())
    names |= {("unittest.mock", "patch")}
    text = "\n".join([f"clock.{reading}.return_value = {moment}", call.text])
    around = (*call.around, f'with patch("{module}.{owner}", wraps={owner}) as clock:')
    return replace(call, title=call.label, text=text, around=around, imports=call.imports | frozenset(names))
