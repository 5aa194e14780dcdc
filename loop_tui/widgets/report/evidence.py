"""What was seen: how often, what the signals share, and each of them with its stack and values."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

from loop_tui.widgets import words
from loop_tui.widgets.lines import Line, block, line
from loop_tui.widgets.report.parts import GAP, Json, View, fold, release_words, rows
from loop_tui.widgets.report.stack import stack
from loop_tui.widgets.words import Span, moment, plural, sparkline, when

_LISTED = 12  # signals that are listed at first
_CRUMBS = 8
_ENTITIES = ("transaction", "url", "session", "trace", "function", "file", "logger")
_ALL = "evidence:all"


def evidence(report: Json, view: View) -> list[Line]:
    """Trend, what they share, and the signals, newest first."""
    found = report["signals"]
    if not found:
        kept = "They are counted, but none is kept." if report["signal_count"] else "Nothing was collected for it yet."
        return [line(("No signals. ", "bold"), kept)]
    lines = [*trend(report, view), *shared(report, view), GAP]
    shown = found if view.opened(_ALL) else found[:_LISTED]
    stacks: set[str] = set()
    same = _same(found)
    for number, signal in enumerate(shown):
        lines += _signal(signal, view, stacks, same, newest=number == 0)
    hidden = len(found) - len(shown)
    if hidden:
        lines.append(fold(view, _ALL, (f"{hidden:,} older", "dim")))
    elif len(found) > _LISTED:
        lines.append(fold(view, _ALL, ("only the newest", "dim")))
    older = report["signal_count"] - len(found)
    if older > 0:
        lines.append(line((f"The newest {len(found)} of {report['signal_count']:,} signals are shown.", "dim")))
    return lines


def trend(report: Json, view: View) -> list[Line]:
    """Signals in two-hour steps, with its axis."""
    values = list(report["trend"])[-12:]
    last = moment(report["last_seen"])
    if not any(values) or last is None:
        return []
    wide = 2 if view.cells < 70 else 3
    bars = "".join(bar * wide for bar in sparkline(values, len(values)))
    first = (last - timedelta(hours=2 * len(values))).strftime("%a %H:%M")
    end = last.strftime("%a %H:%M")
    axis = first + end.rjust(len(bars) - len(first)) if len(bars) > len(first) + len(end) else end.rjust(len(bars))
    top = max(values)
    said = f"  at most {top:,} in 2 h" if view.cells >= 56 else f"  ≤ {top:,}"
    return [*rows(view, "Trend", (bars, "accent"), (said, "dim")), *rows(view, "", (axis, "dim"))]


def shared(report: Json, view: View) -> list[Line]:
    """The entities of the signals that are kept, commonest first."""
    found = report["signals"]
    lines: list[Line] = []
    sources = report.get("source_counts") or {}
    if sources:
        lines += rows(view, "From", " · ".join(f"{name} ×{count:,}" for name, count in sources.items()))
    for label, counted in _facts_of(found).values():
        if counted:
            lines += rows(view, label, *_commonest(counted, len(found)))
    users = {signal["user_key"] for signal in found if signal["user_key"]}
    if users:
        lines += rows(view, "Users", f"{len(users):,} in the {plural(len(found), 'signal')} kept")
    return lines


def _facts_of(found: list[Json]) -> dict[str, tuple[str, Counter[str]]]:
    return {
        "release": ("Release", Counter(release_words(signal["release"]) for signal in found if signal["release"])),
        "environment": ("Environment", Counter(signal["environment"] for signal in found if signal["environment"])),
        "transaction": ("Transaction", _named(found, "transaction")),
    }


def _named(found: list[Json], name: str) -> Counter[str]:
    return Counter(str(signal["entities"][name]) for signal in found if (signal["entities"] or {}).get(name))


def _commonest(counted: Counter[str], whole: int) -> list[Span]:
    spans: list[Span] = []
    for value, count in counted.most_common(3):
        many = "" if len(counted) == 1 and count == whole else f" ×{count}"
        spans += [(words.fit(value, 60).rstrip(), ""), (f"{many}  ", "dim")]
    if len(counted) > 3:
        spans.append((f"{len(counted) - 3} more", "dim"))
    return spans


def _same(found: list[Json]) -> set[str]:
    """The entities that every signal has and that say the same in each."""
    if len(found) < 2:
        return set()
    return {name for name, (_, counted) in _facts_of(found).items() if list(counted.values()) == [len(found)]}


def _signal(signal: Json, view: View, stacks: set[str], same: set[str], *, newest: bool) -> list[Line]:
    id = f"signal:{signal['id']}"
    about = str(signal["source"])
    head = fold(
        view, id, (f"{when(signal['at'])}  ", "dim"), (signal["title"], "bold" if newest else ""),
        (f"  {about}", "dim"), at_first=newest,
    )  # fmt: skip
    if not view.opened(id, newest):
        return [head]
    lines = [head, *_facts(signal, same)]
    if signal["body"] and signal["body"] not in signal["title"]:
        lines += [*block(signal["body"], "", 2)]
    for number, exception in enumerate(reversed(signal["exceptions"] or [])):
        key = repr(exception.get("frames"))
        text = f"{exception.get('type') or 'Error'}: {exception.get('value') or ''}"
        if number:
            lines.append(line(("came from  ", "dim"), text, indent=2, hang=2))
        if key in stacks and exception.get("frames"):
            lines.append(line(("the same stack as above", "dim"), indent=2))
            continue
        stacks.add(key)
        lines += stack(exception.get("frames") or [], f"{id}:{number}", view)
    return [*lines, *_request(signal, id, view), *_crumbs(signal, id, view), *_dropped(signal), GAP]


def _facts(signal: Json, same: set[str]) -> list[Line]:
    """Kind, level, and the entities that are not the same in every signal, each named."""
    handled = {True: "handled", False: "not handled"}.get(signal["handled"], "")
    level = signal["level"] if signal["level"] != signal["kind"] else ""
    said = [signal["kind"], level, handled, signal["environment"], f"user {signal['user_key']}"]
    lines = [
        line((" · ".join(str(part) for part in said[: None if signal["user_key"] else -1] if part), "dim"), indent=2)
    ]
    entities = {**(signal["entities"] or {}), "release": release_words(signal["release"] or "")}
    for name in (*_ENTITIES, "release"):
        if entities.get(name) and name not in same:
            lines.append(line((f"{name:<12}", "dim"), words.fit(entities[name], 300).rstrip(), indent=2, hang=12))
    return lines


def _request(signal: Json, id: str, view: View) -> list[Line]:
    request = signal.get("request") or {}
    if not request.get("url"):
        return []
    head = f"{request.get('method') or 'GET'} {request['url']}"
    lines = [fold(view, f"{id}:request", ("request  ", "dim"), head, indent=2)]
    if view.opened(f"{id}:request"):
        for name in ("query", "data", "headers"):
            if request.get(name):
                lines.append(line((f"{name}  ", "dim"), str(request[name])[:2000], indent=6, hang=2))
    return lines


def _crumbs(signal: Json, id: str, view: View) -> list[Line]:
    """What happened before, newest last; the last few unless unfolded."""
    crumbs = [crumb for crumb in signal.get("breadcrumbs") or [] if isinstance(crumb, dict)]
    if not crumbs:
        return []
    whole = view.opened(f"{id}:crumbs")
    hidden = 0 if whole else max(0, len(crumbs) - _CRUMBS)
    more = f", {hidden} earlier" if hidden else ""
    lines = [fold(view, f"{id}:crumbs", (f"before it: {plural(len(crumbs), 'step')}{more}", "dim"), indent=2)]
    for crumb in crumbs[hidden:]:
        what = crumb.get("message") or crumb.get("data") or ""
        at = str(crumb.get("timestamp") or "")
        clock = at[11:19] if len(at) > 18 else ""
        style = "bad" if crumb.get("level") in ("error", "fatal") else ""
        kind = words.fit(crumb.get("category") or crumb.get("type") or "", 12)
        lines.append(line((f"{clock:<8}  {kind}  ", "dim"), (str(what)[:500], style), indent=6, hang=8))
    return lines


def _dropped(signal: Json) -> list[Line]:
    lost = [str(part) for part in signal.get("dropped") or []]
    return [line((f"too large to keep whole; left out: {', '.join(lost)}", "dim"), indent=2)] if lost else []
