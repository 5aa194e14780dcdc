"""A report as lines of text: the answer first, then what backs it. Pure functions from the stable JSON."""

from __future__ import annotations

from typing import Any

from agents.text import one_line
from loop_tui.widgets import words
from loop_tui.widgets.lines import Line, block, line
from loop_tui.widgets.words import Span, number, plural, sparkline, when

Json = dict[str, Any]
_GAP = Line()
_TIED = "\u00a0"  # a space at which no line ends
TABS = ("Summary", "Evidence", "Findings", "Transcript", "Change", "Measure", "Activity")


def title(report: Json) -> list[Span]:
    """The first line: priority, state, title."""
    glyph, word, style = words.status(report)
    head = f"{report['priority']} " if report["priority"] else ""
    return [(head, "bold"), (f"{glyph} {word}  ", style), (words.fit(report["title"], 400).rstrip(), "bold")]


def facts(report: Json) -> list[Span]:
    """The second line: how many, since when, from where."""
    sources = " · ".join(one_line(name, 30) for name in report["sources"])
    spans: list[Span] = []
    if report["claimed_by"]:
        spans.append((f"claimed by {one_line(report['claimed_by'], 30)} · ", "warn"))
    many = f"{plural(report['user_count'], 'user')} · {plural(report['signal_count'], 'signal')}  "
    spans += [(many, "dim"), (sparkline(report["trend"], 12).strip(), "accent")]
    spans.append((f"  since {when(report['first_seen'])}" + (f" · {sources}" if sources else ""), "dim"))
    return spans


def tab_names(report: Json) -> list[str]:
    """The names of the tabs, with how much each holds."""
    change = report["change"]
    sizes = {
        "Evidence": len(report["signals"]),
        "Findings": len(report["findings"]),
        "Transcript": len(report["runs"]),
        "Change": len(change["files"]) if change else 0,
    }
    return [f"{name} {sizes[name]}" if sizes.get(name) else name for name in TABS]


def tab(report: Json, name: str, diff: str = "") -> list[Line]:
    """The lines of one tab."""
    if name == "Change":
        return change(report, diff)
    makers = {
        "Summary": summary, "Evidence": evidence, "Findings": findings, "Transcript": transcript, "Measure": measure,
        "Activity": activity,
    }  # fmt: skip
    return makers[name](report)


def _row(label: str, *spans: Span | str) -> Line:
    return line((f"{label:<13}", "dim"), *spans, hang=13)


# Summary -----------------------------------------------------------------------------------------------------


def summary(report: Json) -> list[Line]:
    """What happens, what is proposed, and what it needs from you."""
    lines = [*needs(report), _GAP]
    if report["summary"]:
        lines += [*block(report["summary"]), _GAP]
    if report["verdict"]:
        word = report["verdict"].replace("_", " ")
        why = f" — {report['verdict_reason']}" if report["verdict_reason"] else ""
        lines.append(_row("Verdict", (word, "bold"), why))
    if report["priority"]:
        lines.append(_row("Priority", report["priority"], (f"  {report['priority_reason']}", "dim")))
    for finding in report["findings"]:
        if finding["is_cause"]:
            lines.append(_row("Cause", finding["text"], (_place(finding), "dim")))
    if report["change"]:
        lines += [_row("Proposed", report["change"]["title"], (f"  {_size(report['change'])}", "dim"))]
        lines += proof(report["change"])
    if report["contract"]:
        lines.append(_row("Will measure", report["contract"]["metric"], f" per {report['contract']['denominator']}"))
    if report["outcome"]:
        lines.append(_row("Measured", *_outcome(report["outcome"])))
    cost = report["cost"]
    if cost["seconds"] or cost["usd"]:
        spent = f"${cost['usd']:.2f} · {words.span(cost['seconds'])}"
        lines.append(_row("Spent", (spent + (f" · {cost['tokens']:,} tokens" if cost["tokens"] else ""), "dim")))
    return lines


def needs(report: Json) -> list[Line]:
    """What it waits for, and the key that goes on from here."""
    status = report["status"]
    change_ = report["change"]
    if report["question"]:
        return question(report["question"])
    if status == "review" and change_:
        lacking = missing(change_)
        if lacking:
            return [line(("Ready, but look first: ", "warn"), "; ".join(lacking) + ".", hang=2),
                    line(("d read it · m merge · r ask for changes", "dim"))]  # fmt: skip
        return [line(("Ready to merge. ", "accent"), ("d read it · m merge · r ask for changes", "dim"))]
    if status == "failed":
        return [line(("No safe change. ", "bad"), report["status_reason"]),
                line(("R try again · x decline · s snooze", "dim"))]  # fmt: skip
    if status in ("queued", "investigating", "proposing"):
        return running(report)
    if status == "shipped":
        said = f"Merged by {change_['merged_by']} {when(change_['merged_at'])}" if change_ else "Merged"
        return [line((said, "accent"), "; measuring is under way.")]
    if status == "measured":
        return [line(*_outcome(report["outcome"]))] if report["outcome"] else [line("Measured.")]
    if status == "not_actionable":
        why = "" if report["verdict_reason"] else report["status_reason"]
        return [line("No change to make. ", why, ("R look again · x decline", "dim"))]
    sentences = {
        "gathering": "Gathering: not heavy enough to start work on yet.",
        "declined": f"Declined ({report['status_reason']}). z takes it back.",
    }
    return [line((str(sentences.get(status, report["status_reason"] or status)), "dim"))]


def running(report: Json) -> list[Line]:
    """What the engine does with it now."""
    now = [run for run in report["runs"] if run["status"] == "running"]
    if not now:
        return [line(("Waiting for its turn. ", "accent"), ("X stop", "dim"))]
    run = now[-1]
    started = words.age(run["started_at"])
    return [
        line((f"{run['stage'].capitalize()}", "accent"), f"  {run['progress']}"),
        line((f"for {started} · {run['harness']} · {run['sandbox']} · ${run['usd']:.2f} · X stop", "dim")),
    ]


def question(asked: Json) -> list[Line]:
    """The question, its choices numbered, with an example of each."""
    lines = [line((asked["text"], "bold")), _GAP]
    for choice in asked["choices"]:
        lines.append(line((f"{choice['number']}  ", "accent"), (choice["label"], "bold"), indent=2, hang=3))
        if choice["detail"]:
            lines.append(line(choice["detail"], indent=5))
        if choice["example"]:
            lines += block(choice["example"], "dim", 5)
    return [*lines, _GAP, line(("a answer · s snooze · x decline", "dim"))]


def missing(change_: Json) -> list[str]:
    """What a careful person would want before merging, and is not there."""
    lacking = []
    if not change_["proof"].get("proved"):
        why = change_["proof"].get("why_not") or "no test shows the fault"
        lacking.append(f"not proved ({why})")
    bad = [check["name"] for check in change_["checks"] if check["status"] in ("failed", "error")]
    if bad:
        lacking.append(f"CI failed: {', '.join(bad)}")
    elif not change_["checks"]:
        lacking.append("no CI ran")
    must = sum(remark["severity"] == "must-fix" for remark in change_["review"])
    if must:
        lacking.append(f"the review says must-fix {must}×")
    return lacking


def proof(change_: Json) -> list[Line]:
    """Proof, CI and review, a line each."""
    shown = change_["proof"]
    if shown.get("proved"):
        states: list[Span] = [
            (str(shown.get("test", "")), ""), ("  red", "bad"), (f" on {change_['base_sha'][:7]} → ", "dim"),
            ("green", "good"), (f" on {change_['head'][:7]}", "dim"),
        ]  # fmt: skip
    else:
        states = [("not proved", "warn"), (f"  {shown.get('why_not') or ''}", "dim")]
    lines = [_row("Proof", *states), _row("CI", *checks(change_))]
    found = change_["review"]
    if found:
        by = {level: sum(item["severity"] == level for item in found) for level in ("must-fix", "should-fix",
              "consider")}  # fmt: skip
        styles = {"must-fix": "bad", "should-fix": "warn", "consider": ""}
        lines.append(_row("Review", *[(f"{count} {level}  ", styles[level]) for level, count in by.items() if count]))
    else:
        lines.append(_row("Review", "nothing to say"))
    return lines


def checks(change_: Json) -> list[Span]:
    """The checks as one line."""
    marks = {"passed": ("✓", "good"), "failed": ("✕", "bad"), "error": ("✕", "bad"), "skipped": ("–", "dim")}
    spans: list[Span] = []
    for check in change_["checks"]:
        mark, style = marks.get(check["status"], ("·", "dim"))
        spans += [(f"{mark} ", style), (f"{check['name']}  ", ""), (f"{check['seconds']:.1f}s  ", "dim")]
    return spans or [("none ran", "warn")]


def _size(change_: Json) -> str:
    added = sum(int(file.get("added", 0)) for file in change_["files"])
    removed = sum(int(file.get("removed", 0)) for file in change_["files"])
    return f"{plural(len(change_['files']), 'file')}, +{added} −{removed}".replace(" ", _TIED)


def _place(finding: Json) -> str:
    if not finding["file"]:
        return ""
    at = f"{finding['file']}:{finding['line']}" if finding["line"] else finding["file"]
    return f"  {at}" + (f"{_TIED}in{_TIED}{finding['function']}()" if finding["function"] else "")


# The other tabs ----------------------------------------------------------------------------------------------


def evidence(report: Json) -> list[Line]:
    """The newest signals, with their frames."""
    if not report["signals"]:
        return [line(("No signals are kept for this report.", "dim"))]
    lines: list[Line] = []
    seen: set[str] = set()
    for signal in report["signals"]:
        extra = " · ".join(
            str(part)
            for part in (signal["source"], signal["kind"], signal["release"], signal["environment"], signal["user_key"])
            if part
        )
        lines.append(line((when(signal["at"]), "dim"), "  ", (signal["title"], "bold"), hang=18))
        lines.append(line((extra, "dim"), indent=2))
        if signal["body"] and signal["body"] != signal["title"]:
            lines += block(signal["body"], "", 2)
        key = repr(signal["frames"])
        if signal["frames"] and key in seen:
            lines.append(line(("the same stack as above", "dim"), indent=2))
        else:
            lines += frames(signal["frames"])
        seen.add(key)
        lines.append(_GAP)
    return lines


def frames(found: list[Json]) -> list[Line]:
    """A stack, outermost first: own code is bright, with its line and variables."""
    lines: list[Line] = []
    for frame in found:
        own = frame.get("in_app", True)
        where = frame.get("path") or frame.get("module") or "?"
        place = f"{where}:{frame.get('line') or frame.get('lineno') or '?'}"
        function = frame.get("function") or "?"
        lines.append(line((place, "" if own else "dim"), (f" in {function}", "dim"), indent=2, hang=2))
        code = frame.get("context_line") or ""
        if own and str(code).strip():
            lines += block(str(code).strip(), "code", 6, wrap=False)
        variables = frame.get("vars") or {}
        if own and isinstance(variables, dict):
            for name, value in list(variables.items())[:12]:
                lines.append(line((f"{name} = ", "dim"), str(value)[:500], indent=8, hang=4))
    return lines


def findings(report: Json) -> list[Line]:
    """Each finding, checked or not, and what backs it."""
    if not report["findings"]:
        return [line(("Nothing was found out yet.", "dim"))]
    lines = []
    for finding in report["findings"]:
        mark: Span = ("✓ ", "good") if finding["verified"] else ("· ", "dim")
        cause: Span = ("cause  ", "accent") if finding["is_cause"] else ("", "")
        lines.append(line(mark, cause, finding["text"], (_place(finding), "dim"), hang=2))
        if finding["commit"]:
            lines.append(line((f"since {finding['commit'][:9]}", "dim"), indent=2))
        if finding["evidence"]:
            lines += block(finding["evidence"], "code", 4, wrap=False)
        lines.append(_GAP)
    return lines


def transcript(report: Json) -> list[Line]:
    """Each run and its steps, with what they said."""
    if not report["runs"]:
        return [line(("Nothing has run yet.", "dim"))]
    lines = []
    for run in reversed(report["runs"]):
        styles = {"running": "accent", "failed": "bad", "stopped": "warn"}
        lines.append(
            line((run["stage"], "bold"), (f"  {run['status']}", styles.get(run["status"], "dim")),
                 (f"  {when(run['started_at'])} · {run['harness']} · {run['sandbox']} · ${run['usd']:.2f}", "dim"))
        )  # fmt: skip
        if run["progress"] and run["status"] == "running":
            lines.append(line(run["progress"], indent=2))
        if run["error"]:
            lines += block(run["error"], "bad", 2)
        for step in run["steps"]:
            mark: Span = ("· ", "dim") if step["ok"] is None else ("✓ ", "good") if step["ok"] else ("✕ ", "bad")
            took = f"  {step['seconds']:.1f}s" if step["seconds"] else ""
            lines.append(line(mark, step["title"], (f"  {step['kind']}{took}", "dim"), indent=2, hang=2))
            if step["output"]:
                lines += block(step["output"], "dim", 6)
        lines.append(_GAP)
    return lines


def change(report: Json, diff: str) -> list[Line]:
    """The proposed change: proof, checks, review, files, the start of the diff."""
    found = report["change"]
    if not found:
        return [line(("There is no change yet.", "dim"))]
    lines = [line((found["title"], "bold")), *block(found["description"]), _GAP, *proof(found)]
    lines.append(_row("Branch", found["branch"], (f" at {found['head'][:9]} → {found['base']}", "dim")))
    if found["url"]:
        lines.append(_row("At", found["url"]))
    if found["merged_sha"]:
        lines.append(_row("Merged", f"{found['merged_sha'][:9]} by {found['merged_by']} {when(found['merged_at'])}"))
    notes = found["notes"] or {}
    if notes.get("untested"):
        places = ", ".join(f"{path}:{at}" for path, at in notes["untested"][:8])
        lines.append(_row("Untested", (places, "warn")))
    for remark in [*found["review"], *found["comments"]]:
        style = {"must-fix": "bad", "should-fix": "warn"}.get(remark["severity"], "dim")
        at = f"{remark['path']}:{remark['line']}  " if remark["path"] else ""
        by = f"  — {remark['author']}"
        lines.append(line((f"{remark['severity']}  ", style), (at, "dim"), remark["text"], (by, "dim"), hang=2))
    for check in found["checks"]:
        if check["status"] in ("failed", "error") and check["log"]:
            lines += [line((f"{check['name']}:", "bad")), *block(check["log"][-4000:], "dim", 2)]
    lines.append(_GAP)
    for file in found["files"]:
        lines.append(
            line(
                (f"+{file.get('added', 0)} ", "good"),
                (f"−{file.get('removed', 0)}  ", "bad" if file.get("removed") else "dim"),
                file["path"],
            )
        )
    if diff:
        lines += [_GAP, *_diff(diff), line(("d reads it in full", "dim"))]
    return lines


def _diff(diff: str) -> list[Line]:
    lines = []
    for item in block(diff[:40_000], "", 0, wrap=False):
        text = item.spans[0][0]
        if text.startswith(("diff --git", "index ", "--- ", "new file", "similarity")):
            continue
        row = {"+": "add", "-": "del", "@": "hunk"}.get(text[:1], "")
        if text.startswith("+++ "):
            lines.append(Line(((text[6:], "bold"),)))
        else:
            lines.append(Line(((text, row if row != "hunk" else "dim"),), 0, 0, False, row if row != "hunk" else ""))
    return lines


def measure(report: Json) -> list[Line]:
    """The contract, and what became of it."""
    contract, outcome = report["contract"], report["outcome"]
    if not contract and not outcome:
        return [line(("What is measured is declared together with the change.", "dim"))]
    lines = []
    if outcome:
        lines += [line(*_outcome(outcome)), line((outcome["reason"], "dim")), _GAP]
    if contract:
        want = f"at most {number(contract['min_effect'])}× of before" if contract["direction"] == "down" else "up"
        lines.append(_row("Metric", contract["metric"], (f" per {contract['denominator']}, {want}", "dim")))
        base = contract["baseline"] or {}
        if base:
            lines.append(_row("Baseline", f"{number(base.get('events', 0))} in {number(base.get('exposure', 0))}"))
    if outcome:
        for name in ("before", "after"):
            part = outcome[name] or {}
            lines.append(
                _row(name.capitalize(), (number(part.get("rate", 0)), "bold"),
                     (f"  {number(part.get('events', 0))} in {number(part.get('exposure', 0))}", "dim"))
            )  # fmt: skip
        interval = outcome["interval"]
        if outcome["ratio"] is not None:
            within = f"  95 % between {number(interval[0])} and {number(interval[1])}" if len(interval) == 2 else ""
            lines.append(_row("Ratio", (number(outcome["ratio"]), "bold"), (within, "dim")))
        lines.append(_row("Judged", (when(outcome["as_of"]), "dim")))
    return lines


def _outcome(outcome: Json) -> list[Span]:
    glyph, word, style = words.OUTCOMES.get(outcome["verdict"], ("·", outcome["verdict"], ""))
    ratio = f"  {number(outcome['ratio'])}× of before" if outcome["ratio"] is not None else ""
    return [(f"{glyph} {word}", style), (ratio, "dim")]


def activity(report: Json) -> list[Line]:
    """Who did what, when and why."""
    lines = []
    for entry in report["journal"]:
        style = "dim" if entry["undone"] else ""
        what = f"{entry['action']}{' (taken back)' if entry['undone'] else ''}"
        spans: list[Span | str] = [(f"{when(entry['at'])}  ", "dim"), (f"{entry['who']}  ", "accent"), (what, style)]
        if entry["why"]:
            spans.append((f"  {entry['why']}", "dim"))
        if entry["undo_hint"]:
            spans.append((f"  ({entry['undo_hint']})", "dim"))
        lines.append(line(*spans, hang=18))
    return lines or [line(("Nothing was done yet.", "dim"))]


# Nothing here ------------------------------------------------------------------------------------------------


def empty(section: str, funnel: dict[str, int], dsn: str, search: str) -> list[Line]:
    """Why the list is empty, and what to do."""
    if search:
        return [line(("Nothing matches.", "bold")), _GAP, line(search), _GAP,
                line(("esc ends the filter · / changes it", "dim"))]  # fmt: skip
    heads = {
        "needs_you": "Nothing needs you.", "running": "Nothing is being worked on.", "shipped": "Nothing has shipped.",
        "snoozed": "Nothing is snoozed.", "declined": "Nothing was declined.", "all": "There are no reports.",
    }  # fmt: skip
    lines = [line((heads[section], "bold")), _GAP]
    known = (
        ("collected", "collected", ""),
        ("duplicate", "seen before", ""),
        ("quarantined", "held in quarantine", "loop quarantine lists them"),
        ("rejected", "could not be read", "loop sources says why"),
        ("gathering", "gathering weight", ""),
        ("running", "being worked on", "2 shows them"),
        ("not_actionable", "no change to make", ""),
        ("declined", "declined", ""),
        ("snoozed", "snoozed", ""),
        ("measuring", "shipped, measuring", ""),
    )
    for key, label, hint in known:
        if funnel.get(key) or key == "collected":
            lines.append(line((f"{label:<22}", "dim"), f"{funnel.get(key, 0):>8,}", (f"   {hint}", "dim")))
    if not funnel.get("collected"):
        lines += [_GAP, line(("Two ways to fill it", "bold"))]
        if dsn:
            lines += [line("Point a Sentry SDK here:", indent=2), line((dsn, "accent"), indent=4)]
        else:
            lines.append(line("Run the endpoint and point a Sentry SDK at it:  ", ("loop listen", "accent"), indent=2))
        lines.append(line("Or import what you have:  ", ("loop import PATH", "accent"), indent=2))
    return lines
