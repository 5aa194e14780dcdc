"""The answer in half a minute: what happens, to how many, since when, why, what is proposed, what it needs."""

from __future__ import annotations

from loop_tui.widgets import words
from loop_tui.widgets.lines import Line, Other, block, line
from loop_tui.widgets.report.measure import expected, outcome_spans, when_told
from loop_tui.widgets.report.parts import (
    GAP,
    Json,
    View,
    percent,
    place_of,
    release_words,
    rows,
    said,
    size,
    under,
    unit_words,
)
from loop_tui.widgets.report.proof import in_one_line, missing
from loop_tui.widgets.report.transcript import now_running
from loop_tui.widgets.words import Span, plural, when

_WORK = ("queued", "investigating", "proposing")


def summary(report: Json, view: View) -> list[Line]:
    """The tab one reads first."""
    parts = [
        needs(report, view), happens(report, view), question(report, view), why(report, view), proposed(report, view),
        reasons(report, view),
    ]  # fmt: skip
    lines: list[Line] = []
    for part in parts:
        lines += [GAP, *part] if lines and part else part
    return lines


def needs(report: Json, view: View) -> list[Line]:
    """What it waits for, and the key that goes on from here."""
    status, change = report["status"], report["change"]
    if report["question"]:
        return [
            line(
                ("It needs your answer. ", "accent"),
                (view.hints(("answer", "answer"), ("snooze", "snooze"), ("decline", "decline")), "dim"),
            )
        ]
    if status == "review" and change:
        lacking = missing(change)
        keys: Span = (
            view.hints(("diff", "read it"), ("merge", "merge"), ("request_changes", "ask for changes")),
            "dim",
        )
        if lacking:
            return [line(("Ready, but look first: ", "warn"), "; ".join(lacking) + ".", hang=2), line(keys)]
        return [line(("Ready to merge. ", "accent"), keys)]
    if status == "failed":
        keys = (view.hints(("retry", "try again"), ("decline", "decline"), ("snooze", "snooze")), "dim")
        return [line(("No safe change. ", "bad"), report["status_reason"]), line(keys)]
    if status in _WORK:
        return now_running(report, view)
    if status == "shipped":
        told = f"Merged by {change['merged_by']} {when(change['merged_at'])}. " if change else "Merged. "
        return [line((told, "accent"), *when_told(view))]
    if status == "measured":
        return [line(*outcome_spans(report["outcome"])) if report["outcome"] else line("Measured.")]
    return [_put_aside(report, view)]


def _put_aside(report: Json, view: View) -> Line:
    status, because = report["status"], report["status_reason"]
    if status == "not_actionable":
        told = "" if report["verdict_reason"] else f"{because} "
        return line(
            ("No change to make. ", "bold"), told, (view.hints(("retry", "look again"), ("decline", "decline")), "dim")
        )
    if status == "gathering":
        return line(("Gathering: not heavy enough to start work on yet.", "bold"))
    if status == "declined":
        return line(("Declined: ", "bold"), because, (f" · {view.hints(('undo', 'takes it back'))}", "dim"))
    return line((str(because or status), "dim"))


def happens(report: Json, view: View) -> list[Line]:
    """What, to how many, since when."""
    lines: list[Line] = []
    if report["summary"]:
        first, *more = block(report["summary"])
        lines += rows(view, "What happens", *first.spans)
        lines += [under(view, *item.spans) for item in more]
    many = f"{plural(report['user_count'], 'user')} · {plural(report['signal_count'], 'signal')}"
    share = report.get("share")
    spans: list[Span] = [(many, "bold")]
    if share:
        part = percent(share["events"], share["exposure"])
        spans.append((f" · {part} of {share['exposure']:,.0f} {unit_words(share['unit'])}", ""))
    lines += rows(view, "To how many", *spans)
    since: list[Span] = [(when(report["first_seen"]), "")]
    if report.get("first_release"):
        since.append((f" · release {release_words(report['first_release'])}", "dim"))
    last = when(report["last_seen"])
    if last != when(report["first_seen"]):
        since.append((f" · last {last}", "dim"))
    return [*lines, *rows(view, "Since", *since)]


def question(report: Json, view: View) -> list[Line]:
    """The question, its choices numbered, with an example of each."""
    asked = report["question"]
    if not asked:
        return []
    first, *more = block(asked["text"], "bold")
    lines = [*rows(view, "Why you", *first.spans), *[under(view, *item.spans) for item in more], GAP]
    for choice in asked["choices"]:
        lines.append(line((f"{choice['number']}  ", "accent"), (choice["label"], "bold"), indent=2, hang=3))
        if choice["detail"]:
            lines.append(line(choice["detail"], indent=5))
        if choice["example"]:
            lines += block(choice["example"], "dim", 5)
    if asked["choices"]:
        other = f"{len(asked['choices']) + 1}  "
        lines.append(line((other, "accent"), ("Something else… ", "bold"), ("the work starts with your words", "dim"),
                          indent=2, hang=3))  # fmt: skip
    return lines


def why(report: Json, view: View) -> list[Line]:
    """The cause, where it is, and what brought it in."""
    causes = [finding for finding in report["findings"] if finding["is_cause"]]
    lines: list[Line] = []
    for cause in causes[:2]:
        lines += _cause(cause, report["summary"], view, "" if lines else "Why")
    if causes:
        brought = next((finding for finding in report["findings"] if finding["commit"]), None)
        if brought is not None and brought not in causes:
            lines.append(under(view, (str(brought["text"]), "dim")))
        elif brought is not None:
            lines.append(under(view, (f"since commit {str(brought['commit'])[:9]}", "dim")))
    return lines


def _cause(cause: Json, told: str, view: View, label: str) -> list[Line]:
    """A cause and where it is; what the summary has said already is not said twice."""
    place = place_of(cause)
    function = f" in {cause['function']}()" if cause["function"] else ""
    at: list[Span] = [] if place is None else [(said(place), "accent"), (function, "dim")]
    if place is not None and cause["text"].rstrip(".") in told:
        return rows(view, label, _checked(cause), *at, to=place)
    lines = rows(view, label, _checked(cause), cause["text"])
    return [*lines, under(view, *at, to=place)] if place is not None else lines


def _checked(finding: Json) -> Span:
    return ("✓ ", "good") if finding["verified"] else ("not verified: ", "warn")


def proposed(report: Json, view: View) -> list[Line]:
    """The change in three lines, or what became of it."""
    change = report["change"]
    if not change:
        return []
    lines = [*rows(view, "Proposed", (change["title"], "bold"))]
    head = f"{size(change)}  " if change["files"] else ""
    lines.append(under(view, (head, "dim"), *in_one_line(change)))
    if report["contract"] and not report["outcome"]:
        lines += rows(view, "Will measure", *expected(report["contract"]))
    return lines


def reasons(report: Json, view: View) -> list[Line]:
    """Verdict and priority with their why, the reports it is tied to, and what it cost."""
    lines: list[Line] = []
    if report["verdict"]:
        because = f" — {report['verdict_reason']}" if report["verdict_reason"] else ""
        lines += rows(view, "Verdict", (report["verdict"].replace("_", " "), "bold"), because)
    if report["priority"]:
        because = f" — {report['priority_reason']}" if report["priority_reason"] else ""
        lines += rows(view, "Priority", (report["priority"], "bold"), because)
    lines += _links(report, view)
    cost = report["cost"]
    if cost["seconds"] or cost["usd"]:
        spent = f"${cost['usd']:.2f} · {words.span(cost['seconds'])}"
        lines += rows(view, "Spent", (spent + (f" · {cost['tokens']:,} tokens" if cost["tokens"] else ""), "dim"))
    return lines


_TIES = {
    ("same-cause", True): "same cause as", ("same-cause", False): "same cause as",
    ("same-place", True): "same place as", ("same-place", False): "same place as",
    ("recurrence", True): "came back after", ("recurrence", False): "came back as",
    ("joined", True): "joined into", ("joined", False): "took in", ("split", True): "split from",
    ("split", False): "split off",
}  # fmt: skip


def _links(report: Json, view: View) -> list[Line]:
    lines: list[Line] = []
    for link in report.get("links") or []:
        tie = _TIES.get((link["kind"], link["outgoing"]), str(link["kind"]))
        spans: list[Span] = [(f"{tie} ", "dim"), (f"#{link['id']} ", "accent"), (link["title"], "")]
        if link["why"]:
            spans.append((f" — {link['why']}", "dim"))
        for item in rows(view, "" if lines else "Tied to", *spans):
            lines.append(Line(item.spans, item.indent, item.hang, item.wrap, item.row, Other(link["id"])))
    return lines
