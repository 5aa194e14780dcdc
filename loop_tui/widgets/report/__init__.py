"""A report as lines of text, a file for each tab: the answer first, then what backs it.

Pure functions of the report's stable JSON and a `View`; `reading` gets what a tab shows beyond that JSON.
"""

from __future__ import annotations

from dataclasses import replace

from agents.text import one_line
from loop_tui.widgets import words
from loop_tui.widgets.lines import Fold, Line, Place
from loop_tui.widgets.report.activity import activity
from loop_tui.widgets.report.change import change
from loop_tui.widgets.report.empty import empty, where
from loop_tui.widgets.report.evidence import evidence
from loop_tui.widgets.report.findings import findings
from loop_tui.widgets.report.measure import measure
from loop_tui.widgets.report.parts import Json, View
from loop_tui.widgets.report.proof import checks, missing
from loop_tui.widgets.report.summary import summary
from loop_tui.widgets.report.transcript import transcript
from loop_tui.widgets.words import Span, plural, sparkline

_TABS = {
    "Summary": summary, "Evidence": evidence, "Findings": findings, "Transcript": transcript, "Change": change,
    "Measure": measure, "Activity": activity,
}  # fmt: skip
TABS = tuple(_TABS)
PLAIN = View()

__all__ = [
    "PLAIN", "TABS", "View", "checks", "empty", "facts", "missing", "tab", "tab_names", "targets", "title", "toggles",
    "where",
]  # fmt: skip


def title(report: Json) -> list[Span]:
    """The first line: priority, state, title."""
    glyph, word, style = words.status(report)
    head = f"{report['priority']} " if report["priority"] else ""
    return [(head, "bold"), (f"{glyph} {word}  ", style), (words.fit(report["title"], 400).rstrip(), "bold")]


def facts(report: Json) -> list[Span]:
    """The second line: how many, for how long, from where."""
    sources = " · ".join(one_line(name, 30) for name in report.get("source_counts") or report["sources"])
    spans: list[Span] = []
    if report["claimed_by"]:
        spans.append((f"claimed by {one_line(report['claimed_by'], 30)} · ", "warn"))
    many = f"{plural(report['user_count'], 'user')} · {plural(report['signal_count'], 'signal')} · "
    many += f"for {words.age(report['first_seen'])}  "
    spans += [(many, "dim"), (sparkline(report["trend"], 12).strip(), "accent")]
    spans.append((f"  {sources}", "dim"))
    return spans


def tab_names(report: Json) -> list[str]:
    """The names of the tabs, with how much each holds."""
    change = report["change"]
    sizes = {
        "Evidence": report["signal_count"],
        "Findings": len(report["findings"]),
        "Transcript": len(report["runs"]),
        "Change": len(change["files"]) if change else 0,
    }
    return [f"{name} {sizes[name]:,}" if sizes.get(name) else name for name in TABS]


def tab(report: Json, name: str, diff: str = "", view: View = PLAIN) -> list[Line]:
    """The lines of one tab."""
    return _TABS[name](report, replace(view, diff=diff or view.diff))


def targets(lines: list[Line]) -> list[tuple[int, str, int]]:
    """(line index, path, line) of what opens code."""
    return [(at, item.to.path, item.to.line) for at, item in enumerate(lines) if isinstance(item.to, Place)]


def toggles(lines: list[Line]) -> list[tuple[int, str]]:
    """(line index, fold id) of what opens and closes."""
    return [(at, item.to.id) for at, item in enumerate(lines) if isinstance(item.to, Fold)]
