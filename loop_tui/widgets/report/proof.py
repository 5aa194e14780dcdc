"""What speaks for a change: proof, checks, review, and what is missing."""

from __future__ import annotations

from loop_tui.widgets.lines import Line
from loop_tui.widgets.report.parts import Json, View, rows
from loop_tui.widgets.words import Span, plural

LEVELS = {"must-fix": "bad", "should-fix": "warn", "consider": "dim"}
_MARKS = {"passed": ("✓", "good"), "failed": ("✕", "bad"), "error": ("✕", "bad"), "skipped": ("–", "dim")}


def mark(status: str) -> Span:
    """The glyph of a check."""
    return _MARKS.get(status, ("·", "dim"))


def missing(change: Json) -> list[str]:
    """What a careful person would want before merging, and is not there."""
    lacking = []
    if not change["proof"].get("proved"):
        why = change["proof"].get("why_not") or "no test shows the fault"
        lacking.append(f"not proved ({why})")
    bad = [check["name"] for check in change["checks"] if check["status"] in ("failed", "error")]
    if bad:
        lacking.append(f"CI failed: {', '.join(bad)}")
    elif not change["checks"]:
        lacking.append("no CI ran")
    must = sum(remark["severity"] == "must-fix" for remark in change["review"])
    if must:
        lacking.append(f"the review says must-fix {must}×")
    return lacking


def checks(change: Json) -> list[Span]:
    """The checks as one line."""
    spans: list[Span] = []
    for check in change["checks"]:
        glyph, style = mark(check["status"])
        spans += [(f"{glyph} ", style), (f"{check['name']}  ", ""), (f"{check['seconds']:.1f}s  ", "dim")]
    return spans or [("none ran", "warn")]


def review(change: Json) -> list[Span]:
    """How many remarks of each severity."""
    found = [remark["severity"] for remark in change["review"]]
    spans: list[Span] = [(f"{found.count(level)} {level}  ", LEVELS[level]) for level in LEVELS if level in found]
    return spans or [("nothing to say", "")]


def in_one_line(change: Json) -> list[Span]:
    """Proof, CI and review, each as a word and a glyph."""
    proved = change["proof"].get("proved")
    spans: list[Span] = [("red ", "bad"), ("→ ", "dim"), ("green ✓", "good")] if proved else [("not proved", "warn")]
    bad = sum(check["status"] in ("failed", "error") for check in change["checks"])
    if bad:
        spans += [(" · ", "dim"), (f"CI ✕ {bad} of {plural(len(change['checks']), 'check')}", "bad")]
    elif change["checks"]:
        spans += [(" · ", "dim"), ("CI ✓ ", "good"), (plural(len(change["checks"]), "check"), "")]
    else:
        spans += [(" · ", "dim"), ("no CI ran", "warn")]
    found = [remark["severity"] for remark in change["review"]]
    worst = next((level for level in LEVELS if level in found), "")
    if worst:
        return [*spans, (" · ", "dim"), (f"review {found.count(worst)} {worst}", LEVELS[worst])]
    return [*spans, (" · ", "dim"), ("review ✓", "good")]


def standing(view: View, change: Json) -> list[Line]:
    """CI and review, a line each."""
    return [*rows(view, "CI", *checks(change)), *rows(view, "Review", *review(change))]
