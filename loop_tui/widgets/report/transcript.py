"""What the agents did: each run, its steps on a line each, and what runs now."""

from __future__ import annotations

import re
from itertools import groupby

from loop_tui.widgets import words
from loop_tui.widgets.lines import Line, block, line
from loop_tui.widgets.report.parts import GAP, Json, View, fold, log_lines
from loop_tui.widgets.words import Span, moment, plural, when

_STATES = {"running": "accent", "failed": "bad", "stopped": "warn"}
_OF = re.compile(r"(\d+)\s*/\s*(\d+)")
_BAR = 5
_WHOLE = 40  # lines of output that are shown without a second fold


def transcript(report: Json, view: View) -> list[Line]:
    """Each run, newest first; the newest is unfolded."""
    runs = report["runs"]
    if not runs:
        return [line(("Nothing has run yet. ", "bold"), _why_none(report))]
    lines: list[Line] = []
    if any(run["status"] == "running" for run in runs):
        lines += [*now_running(report, view), GAP]
    for number, run in enumerate(reversed(runs)):
        lines += _run(run, view, newest=number == 0)
    return lines


def _why_none(report: Json) -> str:
    if report["status"] == "gathering":
        return "It is not heavy enough to start work on yet."
    return "It waits for its turn." if report["status"] == "queued" else "No agent was asked."


def _run(run: Json, view: View, *, newest: bool) -> list[Line]:
    id = f"run:{run['id']}"
    reads = sum(step["kind"] == "read" for step in run["steps"])
    spent = [_clock(run), plural(len(run["steps"]), "step"), f"${run['usd']:.2f}"]
    about: Span = (f"  {' · '.join(part for part in spent if part)}", "dim")
    state: Span = (f"  {run['status']}", _STATES.get(run["status"], "dim"))
    lines = [fold(view, id, (run["stage"], "bold"), state, about, at_first=newest)]
    if view.opened(id, newest):
        more = [when(run["started_at"]), run["harness"], run["sandbox"]]
        more += [f"{run['tokens']:,} tokens"] if run["tokens"] else []
        more += [f"{plural(reads, 'file')} read"] if reads else []
        lines.append(line((" · ".join(str(part) for part in more if part), "dim"), indent=4))
    if run["error"]:
        lines += block(run["error"], "bad", 4)
    if view.opened(id, newest):
        failed = next((step["id"] for step in reversed(run["steps"]) if step["ok"] is False), None)
        for step in run["steps"]:
            lines += _step(step, view, at_first=run["status"] == "failed" and step["id"] == failed)
        if run["status"] == "running":
            lines.append(line(("⟳ ", "accent"), run["progress"] or "working", indent=4, hang=2))
        lines.append(GAP)
    return lines


def _step(step: Json, view: View, *, at_first: bool) -> list[Line]:
    id = f"step:{step['id']}"
    mark: Span = ("· ", "dim") if step["ok"] is None else ("✓ ", "good") if step["ok"] else ("✕ ", "bad")
    took = f"  {step['seconds']:.1f} s" if step["seconds"] else ""
    about: Span = (f"  {step['kind']}{took}", "dim")
    if not str(step["output"]).strip():
        return [line(mark, step["title"], about, indent=4, hang=2)]
    lines = [fold(view, id, mark, step["title"], about, at_first=at_first, indent=2)]
    if view.opened(id, at_first):
        lines += log_lines(view, f"{id}:all", step["output"], 8, _WHOLE)
    return lines


def _clock(run: Json) -> str:
    start, end = moment(run["started_at"]), moment(run["ended_at"])
    return "" if start is None or end is None else words.span((end - start).total_seconds())


# What runs now ----------------------------------------------------------------------------------------------


def now_running(report: Json, view: View) -> list[Line]:
    """What is done now, for how long, and how far the whole has come."""
    now = [run for run in report["runs"] if run["status"] == "running"]
    if not now:
        return [line(("Waiting for its turn. ", "accent"), (view.hints(("stop", "stop")), "dim"))]
    run = now[-1]
    about = " · ".join(part for part in (words.age(run["started_at"]), run["sandbox"], run["harness"]) if part)
    said = f"{run['progress']} · " if run["progress"] else ""
    tail = " · ".join(part for part in (about, f"${run['usd']:.2f}", view.hints(("stop", "stop"))) if part)
    head: list[Span | str] = [(f"⟳ {run['stage']}  ", "accent"), said, (tail, "dim")]
    return [line(*head, hang=2), line(*_phases(report, run), indent=2, hang=0)]


_PHASES = (("reproduce", "investigate"), ("candidates", "propose"), ("prove", "propose"), ("CI", "propose"),
           ("review", "propose"))  # fmt: skip


def _phases(report: Json, run: Json) -> list[Span]:
    """The way from signal to change: done with its seconds, the one that runs with how far it is, the rest dim."""
    round = [item for item in report["runs"] if item["round"] == run["round"] or item is run]
    took = {
        phase: sum(step["seconds"] for step in steps)
        for phase, steps in groupby(
            sorted((step for item in round for step in item["steps"]), key=_phase_of), key=_phase_of
        )
    }
    names = [name for name, _ in _PHASES]
    at = _now_at(run, took, names)
    spans: list[Span] = []
    for number, name in enumerate(names):
        if spans:
            spans.append((" · ", "dim"))
        if number < at:
            seconds = took.get(name, 0)
            spans += [(f"{name} ", ""), ("✓", "good"), (f" {seconds:.0f} s" if seconds >= 1 else "", "dim")]
        elif number == at:
            spans += [(name, "accent"), (_bar(run["progress"]), "accent")]
        else:
            spans.append((name, "dim"))
    return spans


def _phase_of(step: Json) -> str:
    kind, title = step["kind"], str(step["title"])
    if kind == "proof":
        return "prove"
    if kind in ("check", "review", "candidate"):
        return {"check": "CI", "review": "review", "candidate": "candidates"}[kind]
    return "reproduce" if title.startswith("reproduce") or kind == "read" else "other"


def _now_at(run: Json, took: dict[str, float], names: list[str]) -> int:
    """Which phase runs: what its progress line says, else the one after the last that left a step."""
    said = str(run["progress"])
    for start, name in (("candidate", "candidates"), ("prove", "prove"), ("check", "CI"), ("review", "review")):
        if said.startswith(start):
            return names.index(name)
    first = 0 if run["stage"] == "investigate" else 1
    return max([first, *(names.index(name) for name in took if name in names)])


def _bar(progress: str) -> str:
    """`candidate 61/240` as a bar; "" where no number is told."""
    found = _OF.search(str(progress))
    if found is None or not int(found[2]):
        return ""
    done = min(_BAR, round(int(found[1]) / int(found[2]) * _BAR))
    return " " + "▇" * done + "▁" * (_BAR - done)
