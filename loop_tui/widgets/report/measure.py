"""What is measured, in words, and what became of it."""

from __future__ import annotations

from loop_tui.widgets import words
from loop_tui.widgets.lines import Line, line
from loop_tui.widgets.plot import plot
from loop_tui.widgets.report.parts import GAP, TIED, Json, View, per, per_words, rows
from loop_tui.widgets.words import Span, moment, number, when

_VERDICTS = {
    "improved": "The change did what it was made for.",
    "no_change": "No difference can be seen; the report is open for another look.",
    "worse": "It got worse after the change; consider taking it back.",
    "cannot_tell": "The numbers do not tell.",
}
_FACTORS = {0.5: "half", 0.25: "a quarter", 0.75: "three quarters", 0.1: "a tenth", 0.0: "nothing"}


def measure(report: Json, view: View) -> list[Line]:
    """The tab: the verdict first, then the plot and its numbers, then what was declared."""
    contract, outcome = report["contract"], report["outcome"]
    if not contract and not outcome and report["status"] != "shipped":
        return [line(("Nothing is declared yet. ", "bold"), "What is measured is declared together with the change.")]
    unit = contract["denominator"] if contract else (view.series or {}).get("unit") or "hours"
    lines: list[Line] = []
    if outcome:
        lines += [*_judged(outcome), GAP]
    elif report["status"] == "shipped":
        lines += [line(("↑ Live. ", "accent"), *when_told(view)), GAP]
    else:
        lines += [line(("Nothing has shipped yet; this is what was declared.", "bold")), GAP]
    lines += _plotted(view, contract, unit)
    if outcome:
        lines += [*_numbers(outcome, unit, view), GAP]
    if contract:
        lines += _contract(contract, view)
    return lines + _ledger(view, bool(outcome))


def outcome_spans(outcome: Json) -> list[Span]:
    """The verdict as a glyph and a word, with the ratio."""
    glyph, word, style = words.OUTCOMES.get(outcome["verdict"], ("·", outcome["verdict"], ""))
    ratio = f"  {number(outcome['ratio'])}× of before" if outcome["ratio"] is not None else ""
    return [(f"{glyph} {word}", style), (ratio, "dim")]


def when_told(view: View) -> list[Span]:
    """When a result may be expected."""
    starts, ends = (moment((view.series or {}).get(name)) for name in ("starts", "ends"))
    if starts is None or ends is None:
        return [("Measuring is under way.", "")]
    if starts > words.clock():
        return [(f"Counting starts {when(starts.isoformat())}; a result by {when(ends.isoformat())}.", "")]
    return [(f"Measuring since {when(starts.isoformat())}; a result by {when(ends.isoformat())} at the latest.", "")]


def expected(contract: Json) -> list[Span]:
    """Metric, denominator, and the smallest effect that counts, in words."""
    factor = contract["min_effect"]
    share = _FACTORS.get(factor) or f"{number(round(factor * 100, 1))} %"
    down = contract["direction"] == "down"
    want = f"down to {share} of before or less" if down else f"up to {number(factor)}× of before or more"
    return [(contract["metric"], ""), (f" {per_words(contract['denominator'])}", ""), (f", {want}", "dim")]


def _judged(outcome: Json) -> list[Line]:
    said = _VERDICTS.get(outcome["verdict"], "")
    return [line(*outcome_spans(outcome)), line(said), line((outcome["reason"], "dim"))]


def _plotted(view: View, contract: Json | None, unit: str) -> list[Line]:
    series = view.series
    if not series or not series["buckets"]:
        return []
    metric = contract["metric"] if contract else series["metric"]
    drawn = plot(series, view.cells, per(unit), ascii=view.ascii)
    return [line((f"{metric} {per_words(unit)}", "bold")), *drawn, GAP]


def _three(value: float) -> str:
    """Three digits: more would claim to know more than the counts do."""
    return number(float(f"{value:.3g}"))


def _figures(window: Json, unit: str) -> list[Span]:
    rate = window.get("rate")
    if rate is None and window.get("exposure"):
        rate = window.get("events", 0) / window["exposure"]
    told = "–" if rate is None else _three(rate * per(unit))
    # What counts is how much there was to count: a rate without its n says nothing.
    n = f"  {number(window.get('events', 0))} in {number(round(window.get('exposure', 0), 1))}"
    return [(f"{told:>8}", "bold"), (n, "dim")]


def _numbers(outcome: Json, unit: str, view: View) -> list[Line]:
    lines: list[Line] = []
    for name in ("before", "after"):
        part = outcome[name] or {}
        span = f"  {when(part.get('since'))} – {when(part.get('until'))}" if part.get("since") else ""
        lines += rows(view, name.capitalize(), *_figures(part, unit), (span if view.cells >= 70 else "", "dim"))
    if outcome["ratio"] is not None:
        lines += rows(
            view, "Ratio", (f"{_three(outcome['ratio']):>8}", "bold"), (f"  {_interval(outcome['interval'])}", "dim")
        )
    return [*lines, *rows(view, "Judged", (when(outcome["as_of"]), "dim"))]


def _interval(interval: list[float]) -> str:
    if len(interval) == 2:
        return f"95 % between {_three(interval[0])} and {_three(interval[1])}"
    return f"95 % over {_three(interval[0])}" if interval else ""


def _contract(contract: Json, view: View) -> list[Line]:
    down = contract["direction"] == "down"
    factor = contract["min_effect"]
    share = _FACTORS.get(factor) or f"{number(round(factor * 100, 1))} %"
    want = f"fall to {share} of before or less" if down else f"rise to {number(factor)}× of before or more"
    lines = [
        *rows(view, "Counted", contract["metric"], (f" {per_words(contract['denominator'])}", "")),
        *rows(view, "Should", want, (f" — what is {'more' if down else 'less'} than that is no success", "dim")),
    ]
    base = contract["baseline"] or {}
    if base:
        lines += rows(view, "Baseline", *_figures(base, contract["denominator"]), ("  when it was declared", "dim"))
    return lines


def _ledger(view: View, judged: bool) -> list[Line]:
    counted = (view.series or {}).get("ledger") or {}
    if not counted or not judged:
        return []
    names = {"improved": "improved", "no_change": "no change", "worse": "worse", "cannot_tell": "cannot tell"}
    parts = [f"{count:,} {names.get(verdict, verdict)}" for verdict, count in counted.items()]
    return [
        GAP,
        *rows(view, "Ledger", f"{sum(counted.values()):,} measured: {', '.join(parts)}",
              (f" · loop{TIED}ledger", "dim")),
    ]  # fmt: skip
