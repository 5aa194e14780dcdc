"""Who did what, when and why, and how to take it back."""

from __future__ import annotations

from agents.text import one_line
from loop_tui.widgets.lines import Line, line
from loop_tui.widgets.report.parts import Json, View
from loop_tui.widgets.words import Span, when

_WIDE = 18


def activity(report: Json, view: View) -> list[Line]:
    """The journal, newest first."""
    lines: list[Line] = []
    tight = view.cells < 50
    for entry in report["journal"]:
        style = "dim" if entry["undone"] else "bold"
        action = one_line(entry["action"], 40).replace("_", " ")
        spans: list[Span | str] = [
            (f"{when(entry['at'])}  ", "dim"), (one_line(entry["who"], 30), "accent"), ("  ", ""), (action, style)
        ]  # fmt: skip
        if entry["undone"]:
            spans.append(("  taken back", "warn"))
        if entry["why"]:
            spans.append((f"  {entry['why']}", "dim"))
        lines.append(line(*spans, hang=2 if tight else _WIDE))
        how = _undo(entry, view)
        if how:
            lines.append(line((how, "dim"), indent=2 if tight else _WIDE))
    return lines or [line(("Nothing was done yet.", "bold"))]


def _undo(entry: Json, view: View) -> str:
    """How to take it back."""
    if entry["undone"]:
        return ""
    if entry["undo_hint"]:
        return f"to take it back: {entry['undo_hint']}"
    return view.hints(("undo", "takes it back while nothing newer rests on it")) if entry["undoable"] else ""
