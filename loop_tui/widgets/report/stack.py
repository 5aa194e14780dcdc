"""A stack, where it broke first: own frames with the repository's code in place and their values."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import Any

from loop_tui.widgets.lines import Line, Place, line
from loop_tui.widgets.report.findings import given, in_place
from loop_tui.widgets.report.parts import Json, View, fold
from loop_tui.widgets.words import fit, plural, width

_VALUES = 12
_VALUE = 300  # characters of one value


def places(report: Json) -> Iterator[Place]:
    """The places of own frames that are shown with code, newest signal first."""
    for signal in report["signals"]:
        for exception in signal["exceptions"] or []:
            for frame in exception.get("frames") or []:
                if _own(frame) and (place := _place(frame)) is not None:
                    yield place


def stack(frames: list[Json], id: str, view: View) -> list[Line]:
    """The frames, innermost first; those of libraries are folded together."""
    lines: list[Line] = []
    numbered = list(enumerate(reversed([frame for frame in frames if isinstance(frame, dict)])))
    broke = next((number for number, frame in numbered if _own(frame)), -1)
    for own, group in groupby(numbered, lambda item: _own(item[1])):
        part = list(group)
        if own:
            for number, frame in part:
                lines += _frame(frame, f"{id}:{number}", view, first=number == broke)
        else:
            lines += _library(part, f"{id}:{part[0][0]}", view)
    return lines


def _own(frame: Json) -> bool:
    return bool(frame.get("in_app", True))


def _place(frame: Json) -> Place | None:
    path = frame.get("abs_path") or frame.get("path")
    number = frame.get("line") or frame.get("lineno") or 0
    return Place(str(path), int(number)) if path and isinstance(number, int) and number > 0 else None


def _title(frame: Json, view: View, place: Place | None) -> str:
    """Where a frame is: as the repository names it, when it knows the file."""
    source = view.code.get(place) if place else None
    path = source["path"] if source and source["lines"] else frame.get("path") or frame.get("module") or "?"
    return f"{path}:{frame.get('line') or frame.get('lineno') or '?'}"


def _frame(frame: Json, id: str, view: View, *, first: bool) -> list[Line]:
    place = _place(frame)
    mark = ("✕ ", "bad") if first else ("· ", "dim")
    where = (_title(frame, view, place), "accent")
    lines = [line(mark, where, (f" in {frame.get('function') or '?'}", "dim"), indent=2, hang=2, to=place)]
    if first:
        lines += (in_place(view, place) if place else []) or _brought(frame)
    elif str(frame.get("context_line") or "").strip():
        lines += given([str(frame["context_line"]).strip()], str(frame.get("path") or ""), 0, 0, 6)
    return lines + _values(frame.get("vars"), id, view, first=first)


def _brought(frame: Json) -> list[Line]:
    """The code an event carries, where the repository does not know the file."""
    before, here, after = frame.get("pre_context"), frame.get("context_line"), frame.get("post_context")
    if not str(here or "").strip():
        return []
    head = [str(text) for text in before] if isinstance(before, list) else []
    tail = [str(text) for text in after] if isinstance(after, list) else []
    number = frame.get("line") if isinstance(frame.get("line"), int) else 0
    first = int(number or 0) - len(head)
    return given([*head, str(here), *tail], str(frame.get("path") or ""), first, int(number or 0))


def _values(found: Any, id: str, view: View, *, first: bool) -> list[Line]:
    """Captured values: shown where it broke, folded elsewhere."""
    if not isinstance(found, dict) or not found:
        return []
    if not first:
        head = [fold(view, id, (plural(len(found), "value"), "dim"), indent=6)]
        if not view.opened(id):
            return head
        return head + _pairs(found.items(), 8)
    items = list(found.items())
    whole = view.opened(id)
    lines = _pairs(items if whole else items[:_VALUES], 6)
    if len(items) > _VALUES:
        told = "fewer values" if whole else f"{len(items) - _VALUES} more values"
        lines.append(fold(view, id, (told, "dim"), indent=6))
    return lines


def _pairs(items: Iterable[tuple[str, Any]], indent: int) -> list[Line]:
    shown = list(items)
    wide = min(20, max((width(str(name)) for name, _ in shown), default=0))
    lines = []
    for name, value in shown:
        text = str(value)
        cut = f"{text[:_VALUE]}… {len(text) - _VALUE:,} more characters" if len(text) > _VALUE else text
        label = fit(name, wide) if width(str(name)) <= wide else fit(name, 60).rstrip()
        lines.append(line((f"{label} = ", "dim"), cut, indent=indent, hang=4))
    return lines


def _library(part: list[tuple[int, Json]], id: str, view: View) -> list[Line]:
    told = f"{plural(len(part), 'frame')} of libraries"
    lines = [fold(view, id, (told, "dim"), indent=2)]
    if view.opened(id):
        for _, frame in part:
            where = f"{frame.get('path') or frame.get('module') or '?'}:{frame.get('line') or '?'}"
            lines.append(line((f"{where} in {frame.get('function') or '?'}", "dim"), indent=6, hang=2))
    return lines
