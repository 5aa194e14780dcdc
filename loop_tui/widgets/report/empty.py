"""Why a section is empty, and what to do next."""

from __future__ import annotations

from datetime import timedelta

from agents.text import one_line
from loop_tui.widgets import words
from loop_tui.widgets.lines import Line, line
from loop_tui.widgets.report.parts import GAP, TIED, Json
from loop_tui.widgets.words import Span, moment, plural

_HEADS = {
    "needs_you": "Nothing needs you.", "ready": "No change is ready.", "needs_input": "Nothing is asked.",
    "running": "Nothing is being worked on.", "shipped": "Nothing has shipped.", "snoozed": "Nothing is snoozed.",
    "declined": "Nothing was declined.", "all": "There are no reports.",
}  # fmt: skip
_LABEL = 20
_BEHIND = 300  # seconds by which any source that is polled may be behind


def empty(section: str, funnel: Json, dsn: str, search: str) -> list[Line]:
    """Why the list is empty, and what to do."""
    if search:
        return [line(("Nothing matches.", "bold")), GAP, line(search), GAP,
                line(("esc ends the filter · / changes it", "dim"))]  # fmt: skip
    if not _came(funnel):
        return first_run(dsn, funnel)
    return [line((_HEADS.get(section, "Nothing is here."), "bold")), GAP, *where(funnel, dsn)]


def _came(funnel: Json) -> bool:
    return any(funnel.get(kind) for kind in ("collected", "quarantined", "rejected", "skipped"))


def where(funnel: Json, dsn: str) -> list[Line]:
    """Where the signals went, and how each source fares; what to do where there was none."""
    if not _came(funnel):
        return first_run(dsn, funnel)
    lines = _counts(funnel)
    sources = funnel.get("sources") or []
    if sources:
        lines += [GAP, line(("Sources", "bold")), *[_source(source) for source in sources[:12]]]
        if len(sources) > 12:
            lines.append(line((f"{len(sources) - 12} more: loop sources", "dim"), indent=2))
    return lines


def first_run(dsn: str, funnel: Json) -> list[Line]:
    """What to do when nothing was ever collected."""
    lines = [line(("Nothing has been collected yet. Three ways to start:", "bold")), GAP]
    lines += [line(("1  ", "accent"), ("Point a Sentry SDK here", "bold"), hang=3)]
    if dsn:
        lines += [
            line((dsn, "accent"), indent=3),
            line(("as its DSN; the first event shows up by itself", "dim"), indent=3),
        ]
    else:
        lines.append(line("loop listen", (" prints the DSN to copy", "dim"), indent=3))
    lines += [
        GAP, line(("2  ", "accent"), ("Import what you have", "bold"), hang=3), line("loop import PATH…", indent=3),
        line(("Sentry events and envelopes, logs with tracebacks, signals as JSON", "dim"), indent=3), GAP,
        line(("3  ", "accent"), ("See it work on a sample product", "bold"), hang=3), line("loop demo", indent=3),
    ]  # fmt: skip
    troubled = [source for source in funnel.get("sources") or [] if source["last_error"]]
    if troubled:
        lines += [GAP, line(("Sources", "bold")), *[_source(source) for source in troubled]]
    return [*lines, GAP, line(("loop doctor says what works on this machine", "dim"))]


def _counts(funnel: Json) -> list[Line]:
    today = funnel.get("today") or {}
    sources = len(funnel.get("sources") or [])
    came = [f"{today.get('collected', 0):,} today"] + ([f"from {plural(sources, 'source')}"] if sources else [])
    weight = plural(funnel.get("gathering_signals", 0), "signal")
    known: tuple[tuple[str, str, str], ...] = (
        ("collected", "collected", ", ".join(came)),
        ("duplicate", "seen before", ""),
        ("skipped", "of no use here", ""),
        ("rejected", "could not be read", "loop sources says why"),
        ("held", "held in quarantine", "loop quarantine lists them"),
        ("gathering", "gathering weight", f"{weight}, not heavy enough to start on"),
        ("needs_you", "waiting for you", ""),
        ("running", "being worked on", ""),
        ("not_actionable", "no change to make", ""),
        ("declined", "declined", ""),
        ("snoozed", "snoozed", ""),
        ("muted", "muted", "they never come back by themselves"),
        ("measuring", "shipped, measuring", _next(funnel)),
    )
    return [
        line((f"{label:<{_LABEL}}", "dim"), f"{funnel.get(key, 0):>8,}", (f"   {hint}" if hint else "", "dim"),
             hang=_LABEL + 11)
        for key, label, hint in known
        if funnel.get(key) or key == "collected"
    ]  # fmt: skip


def _next(funnel: Json) -> str:
    """When a result may be expected."""
    look, result = moment(funnel.get("next_look")), moment(funnel.get("next_result"))
    if look is None or result is None:
        return ""
    now = words.clock()
    if look > now:
        return f"next look in about {words.span((look - now).total_seconds())}"
    left = result - now
    return f"a result within {words.span(left.total_seconds())}" if left > timedelta() else "a result is due"


def _source(source: Json) -> Line:
    name = one_line(source["name"], 30)
    spans: list[Span | str]
    if not source["enabled"]:
        spans = [
            ("– ", "dim"),
            words.fit(name, _LABEL - 4),
            ("switched off", "dim"),
            ("   " + f"loop sources enable {name}".replace(" ", TIED), "dim"),
        ]
    elif source["last_error"]:
        told = one_line(source["last_error"], 200)
        since = f" (worked {words.age(source['last_success'])} ago)" if source["last_success"] else ""
        spans = [
            ("✕ ", "bad"),
            words.fit(name, _LABEL - 4),
            (f"{told}{since}", "warn"),
            ("   " + "loop sources check".replace(" ", TIED), "dim"),
        ]
    else:
        last = f"{words.age(source['last_success'])} ago" if source["last_success"] else "no time known"
        parts = [f"{source['today']:,} today", last]
        if source.get("items"):
            parts.insert(0, plural(source["items"], "item"))
        if (lag := source.get("lag") or 0) > _BEHIND:
            parts.append(f"{words.span(lag)} behind")
        spans = [("✓ ", "good"), words.fit(name, _LABEL - 4), (" · ".join(parts), "dim")]
    return line(*spans, indent=2, hang=_LABEL - 2)
