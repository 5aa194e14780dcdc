"""What each tab says of a report."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from rich.cells import cell_len

from loop_tui.keymap import Keymap
from loop_tui.screenshots import NOW
from loop_tui.widgets import words
from loop_tui.widgets.lines import Line, Place, wrap
from loop_tui.widgets.report import TABS, View, empty, tab, targets, toggles
from loop_tui.widgets.report.parts import telling

Json = dict[str, Any]
AT = "2026-03-12T14:00:00Z"


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(words, "clock", lambda: NOW)


def report(**fields: Any) -> Json:
    base: Json = {
        "id": 1, "title": "Pay fails", "kind": "error", "status": "review", "status_reason": "", "priority": "P1",
        "priority_reason": "rising", "verdict": "actionable", "verdict_reason": "a test shows it", "summary": "",
        "signal_count": 3, "user_count": 2, "sources": ["sentry"], "trend": [0, 1, 2],
        "first_seen": AT, "last_seen": AT, "claimed_by": None, "snoozed_until": None, "merged_into": None,
        "question": None, "change": None,
        "contract": None, "outcome": None, "cost": {"usd": 0.0, "tokens": 0, "seconds": 0.0}, "signals": [],
        "findings": [], "runs": [], "journal": [], "links": [], "share": None, "first_release": None,
        "source_counts": {},
    }  # fmt: skip
    return {**base, **fields}


def change(**fields: Any) -> Json:
    return {
        "title": "Take the default", "description": "**Why.** It is missing.", "state": "open", "branch": "b",
        "base": "main", "base_sha": "a" * 40, "head": "b" * 40, "url": None, "round": 1,
        "files": [{"path": "pay.py", "added": 8, "removed": 1}],
        "proof": {"proved": True, "test": "tests/test_pay.py", "red": "1 failed", "green": "1 passed"},
        "checks": [{"name": "ci", "status": "passed", "log": "", "seconds": 1.0}], "review": [], "comments": [],
        "notes": {}, "merged_sha": None, "merged_at": None, "merged_by": None, **fields,
    }  # fmt: skip


def signal(id: int = 1, **fields: Any) -> Json:
    return {
        "id": id, "source": "sentry", "kind": "error", "at": AT, "title": f"KeyError: {id}", "body": "",
        "level": "error", "handled": False, "user_key": "u", "release": "1.0", "environment": "prod", "entities": {},
        "exceptions": [],
        "frames": [], "request": {}, "breadcrumbs": [], "dropped": [], **fields,
    }  # fmt: skip


def run(id: int, stage: str, status: str = "done", progress: str = "", steps: tuple[Json, ...] = ()) -> Json:
    return {
        "id": id, "stage": stage, "round": 1, "harness": "search", "sandbox": "docker", "status": status, "error": "",
        "started_at": AT, "ended_at": AT if status != "running" else None, "usd": 0.0, "tokens": 0,
        "progress": progress, "steps": list(steps),
    }  # fmt: skip


def step(id: int, kind: str, title: str, output: str = "", ok: bool | None = True, seconds: float = 0) -> Json:
    return {"id": id, "kind": kind, "title": title, "output": output, "ok": ok, "seconds": seconds}


def text(lines: list[Line]) -> str:
    return "\n".join(" " * item.indent + "".join(part for part, _ in item.spans) for item in lines)


def said(found: Json, name: str, **view: Any) -> str:
    return text(tab(found, name, view=View(**view)))


# Summary -----------------------------------------------------------------------------------------------------


def test_the_summary_answers_in_the_order_one_asks() -> None:
    cause = {"text": "pay() reads a key", "verified": True, "is_cause": True, "file": "pay.py", "function": "pay",
             "line": 8, "commit": "9d3c1fe07aaaa", "evidence": ""}  # fmt: skip
    shown = said(
        report(
            summary="Paying fails.", change=change(), findings=[cause], first_release="3.8.0",
            share={"unit": "requests:/pay", "events": 23, "exposure": 1000.0},
            contract={"metric": "errors", "denominator": "requests:/pay", "direction": "down", "min_effect": 0.5,
                      "baseline": {}},
        ),
        "Summary",
    )  # fmt: skip
    wanted = ["Ready to merge", "Paying fails", "2 users", "2.3 % of 1,000 requests to /pay", "release 3.8.0",
              "pay() reads a key", "pay.py:8", "9d3c1fe07", "Take the default", "1\u00a0file", "red → green", "CI ✓",
              "review ✓", "down to half", "actionable — a test shows it", "P1 — rising"]  # fmt: skip
    places = [shown.find(part) for part in wanted]
    assert -1 not in places, [part for part, at in zip(wanted, places, strict=True) if at < 0]
    assert places == sorted(places)


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"change": change(checks=[])}, "Ready, but look first: no CI ran."),
        ({"status": "failed", "status_reason": "No candidate held."}, "No safe change. No candidate held."),
        ({"status": "queued"}, "Waiting for its turn."),
        ({"status": "gathering"}, "Gathering: not heavy enough"),
        ({"status": "declined", "status_reason": "preference: intended"}, "Declined: preference: intended"),
        ({"status": "not_actionable", "verdict_reason": ""}, "No change to make."),
    ],
)
def test_the_first_line_says_what_it_waits_for(fields: Json, sentence: str) -> None:
    assert said(report(**fields), "Summary").startswith(sentence)


def test_a_question_shows_each_choice_with_what_it_would_do() -> None:
    choices = [{"number": n, "label": f"Way {n}", "detail": "", "example": f"€90 → €{n}0"} for n in (1, 2)]
    shown = said(report(status="needs_input", question={"text": "Which?", "choices": choices}), "Summary")
    assert "1  Way 1\n     €90 → €10" in shown
    assert "3  Something else…" in shown


def test_what_the_summary_has_said_is_not_said_again_as_the_cause() -> None:
    cause = {"text": "KeyError in pay().", "verified": True, "is_cause": True, "file": "pay.py", "function": "pay",
             "line": 8, "commit": None, "evidence": ""}  # fmt: skip
    shown = said(report(summary="KeyError in pay(). Since Tuesday.", findings=[cause]), "Summary")
    assert shown.count("KeyError in pay()") == 1
    assert "pay.py:8" in shown


def test_the_hints_name_the_keys_that_are_in_force() -> None:
    own = Keymap({"merge": "f5", "diff": ""})
    assert "f5\u00a0merge · r\u00a0ask for changes" in said(report(change=change()), "Summary", keymap=own)


def test_ties_read_in_the_direction_they_have() -> None:
    link = {"id": 7, "title": "Old", "status": "measured", "kind": "recurrence", "why": "same stack", "at": AT}
    assert "came back after #7 Old — same stack" in said(report(links=[{**link, "outgoing": True}]), "Summary")
    assert "came back as #7 Old" in said(report(links=[{**link, "outgoing": False}]), "Summary")


# Evidence and findings -----------------------------------------------------------------------------------------


def stacked(**fields: Any) -> Json:
    frames = [
        {"path": "lib/x.py", "line": 1, "function": "call", "in_app": False},
        {"path": "lib/y.py", "line": 2, "function": "call", "in_app": False},
        {"path": "pay.py", "line": 8, "function": "pay", "in_app": True, "context_line": "  return d[k]",
         "pre_context": ["def pay(d, k):"], "vars": {"k": "'eu'", "password": "[removed]"}},
    ]  # fmt: skip
    return signal(exceptions=[{"type": "KeyError", "value": "'eu'", "frames": frames}], **fields)


def test_the_stack_starts_where_it_broke_and_folds_the_libraries() -> None:
    shown = said(report(signals=[stacked()]), "Evidence")
    assert shown.index("pay.py:8 in pay") < shown.index("2 frames of libraries")
    assert "lib/x.py" not in shown
    assert "k        = 'eu'" in shown
    opened = said(report(signals=[stacked()]), "Evidence", toggled=frozenset({"signal:1:0:1"}))
    assert "lib/x.py:1 in call" in opened


def test_code_is_the_repository_s_own_where_it_is_known_else_what_came_along() -> None:
    found = report(signals=[stacked()])
    assert "def pay(d, k):" in said(found, "Evidence")
    source = {
        "path": "shop/pay.py",
        "commit": "c",
        "first": 7,
        "lines": ["def pay(data, key):", "    return data[key]"],
    }
    shown = said(found, "Evidence", code={Place("pay.py", 8): source})
    assert "shop/pay.py:8 in pay" in shown
    assert "❯ 8      return data[key]" in shown
    assert "def pay(d, k):" not in shown


def test_only_the_newest_signal_is_unfolded_and_the_rest_counted() -> None:
    found = report(signals=[signal(n, body=f"body {n}") for n in range(1, 31)], signal_count=400)
    shown = said(found, "Evidence")
    assert "body 1\n" in shown
    assert "body 2" not in shown
    assert "18 older" in shown
    assert "The newest 30 of 400 signals are shown." in shown
    assert "body 2" in said(found, "Evidence", toggled=frozenset({"signal:2"}))
    assert "KeyError: 30" in said(found, "Evidence", toggled=frozenset({"evidence:all"}))


def test_breadcrumbs_are_the_newest_last() -> None:
    crumbs = [{"timestamp": "2026-03-12T14:00:01Z", "category": "ui", "message": f"click {n}"} for n in range(12)]
    shown = said(report(signals=[signal(breadcrumbs=crumbs)]), "Evidence")
    assert "12 steps, 4 earlier" in shown
    assert "click 3" not in shown
    assert shown.index("click 4") < shown.index("click 11")
    assert "14:00:01" in shown


def test_the_cause_comes_first_and_what_was_not_checked_says_so() -> None:
    base = {"file": None, "function": None, "line": None, "commit": None, "evidence": ""}
    guess = {**base, "text": "a guess", "verified": False, "is_cause": False}
    cause = {**base, "text": "the cause", "verified": True, "is_cause": True, "file": "pay.py", "line": 8}
    lines = tab(report(findings=[guess, cause]), "Findings")
    shown = text(lines)
    assert shown.index("Cause  the cause") < shown.index("? a guess")
    assert "not verified" in shown
    assert "1 of 2 checked" in shown
    assert [target[1:] for target in targets(lines)] == [("pay.py", 8)]


# Transcript and change -----------------------------------------------------------------------------------------


def test_steps_are_a_line_each_until_they_are_unfolded() -> None:
    found = report(runs=[run(1, "propose", steps=(step(5, "command", "run the tests", "12 passed", seconds=1.25),))])
    lines = tab(found, "Transcript")
    assert "run the tests  command  1.2 s" in text(lines)
    assert "12 passed" not in text(lines)
    assert "step:5" in [fold for _, fold in toggles(lines)]
    assert "12 passed" in said(found, "Transcript", toggled=frozenset({"step:5"}))


def test_the_step_that_failed_is_unfolded() -> None:
    found = report(runs=[run(1, "propose", "failed", steps=(step(5, "proof", "prove", "AssertionError", ok=False),))])
    assert "AssertionError" in said(found, "Transcript")


def test_what_runs_says_how_far_it_is() -> None:
    before = run(1, "investigate", steps=(step(1, "command", "reproduce: pay()", seconds=4.0),))
    now = run(2, "propose", "running", "candidate 61/100")
    shown = said(report(status="proposing", runs=[before, now]), "Summary")
    assert "⟳ propose  candidate 61/100 · 1h · docker · search" in shown
    assert "reproduce ✓ 4 s · candidates ▇▇▇▁▁ · prove · CI · review" in shown


def test_the_change_says_what_is_missing_and_shows_the_log_of_what_failed() -> None:
    checks = [{"name": "lint", "status": "failed", "log": "E501 line too long", "seconds": 1.0},
              {"name": "unit", "status": "passed", "log": "212 passed in 8 s", "seconds": 8.0}]  # fmt: skip
    shown = said(report(change=change(checks=checks)), "Change")
    assert "Missing: CI failed: lint" in shown
    assert "      E501 line too long" in shown
    assert "✓ unit  passed  8.0 s  212 passed in 8 s" in shown


def test_remarks_are_sorted_by_how_strongly_they_bind() -> None:
    remark = {"path": "pay.py", "line": 8, "author": "review", "at": AT, "round": 1, "by_person": False}
    theirs = {**remark, "severity": "must-fix", "text": "broken", "by_person": True, "author": "kim"}
    found = change(review=[{**remark, "severity": "consider", "text": "maybe"}, theirs])
    lines = tab(report(change=found), "Change")
    assert text(lines).index("must-fix  broken  — kim, a person") < text(lines).index("consider  maybe")
    assert ("pay.py", 8) in [target[1:] for target in targets(lines)]


def test_rounds_are_listed_in_time_with_what_was_said_of_them() -> None:
    found = change(
        versions=[{"round": 1, "head": "a" * 40, "at": "2026-03-12T10:00:00Z"},
                  {"round": 2, "head": "b" * 40, "at": "2026-03-12T12:00:00Z"}],
        reviews=[{"kind": "request-changes", "who": "kim", "text": "not so", "at": "2026-03-12T11:00:00Z"}],
        comments=[{"path": None, "line": None, "review_id": 1, "severity": "must-fix", "text": "not so", "round": 1,
                   "author": "kim", "by_person": True, "at": "2026-03-12T11:00:00Z"}],
    )  # fmt: skip
    shown = said(report(change=found), "Change")
    assert shown.count("not so") == 1
    assert shown.index("round 1") < shown.index("✕ asked for changes  kim  not so") < shown.index("round 2")


@pytest.mark.parametrize(
    ("log", "end"),
    [
        ("....\n1 failed in 0.95s\n/x/plugin.py:306: PytestDeprecationWarning: unset.\n  warnings.warn()", "in 0.95s"),
        ("a\nb\nc", "c"),
        ("Ran 3 tests in 0.1s\n\nOK\n", "OK"),
        ("", ""),
    ],
)
def test_a_log_ends_where_its_result_is(log: str, end: str) -> None:
    assert telling(log)[0].endswith(end)


# Measure, activity, nothing here -------------------------------------------------------------------------------


def test_the_contract_is_told_in_words() -> None:
    contract = {"metric": "errors", "denominator": "requests:/pay", "direction": "down", "min_effect": 0.5,
                "baseline": {"events": 139, "exposure": 6041}}  # fmt: skip
    shown = said(report(contract=contract), "Measure")
    assert "errors per 1,000 requests to /pay" in shown
    assert "fall to half of before or less" in shown
    assert "23  139 in 6,041" in shown


def test_what_shipped_without_a_contract_is_counted_by_the_hour() -> None:
    series = {"metric": "signals of this report", "unit": "hours", "size": 3600, "merged_at": AT, "live_at": None,
              "starts": "2026-03-12T14:30:00Z", "ends": "2026-03-19T14:30:00Z", "ledger": {},
              "buckets": [{"at": AT, "events": 3, "exposure": 1.0}]}  # fmt: skip
    shown = said(report(status="shipped"), "Measure", series=series)
    assert "Measuring since Thu 12 Mar 14:30; a result by Thu 19 Mar 14:30" in shown
    assert "signals of this report per hour" in shown


def test_the_outcome_has_its_n_ratio_and_interval() -> None:
    outcome = {"verdict": "improved", "reason": "why", "before": {"rate": 0.0231, "events": 139, "exposure": 6041},
               "after": {"rate": 0.0004, "events": 2, "exposure": 5377}, "ratio": 0.0173, "interval": [0.004, 0.06],
               "n": 5377, "as_of": AT}  # fmt: skip
    contract = {
        "metric": "errors",
        "denominator": "requests:/pay",
        "direction": "down",
        "min_effect": 0.5,
        "baseline": {},
    }
    shown = said(report(status="measured", outcome=outcome, contract=contract), "Measure")
    assert shown.startswith("✓ improved")
    assert "23.1  139 in 6,041" in shown
    assert "0.4  2 in 5,377" in shown
    assert "95 % between 0.004 and 0.06" in shown


def test_activity_says_who_what_why_and_the_way_back() -> None:
    entry = {"id": 1, "at": AT, "who": "kim", "action": "decline", "why": "intended", "undoable": True, "undone": False,
             "undo_hint": ""}  # fmt: skip
    merged = {**entry, "action": "merge", "undoable": False, "undo_hint": "git revert"}
    shown = said(report(journal=[entry, merged, {**entry, "undone": True}]), "Activity")
    assert "kim  decline  intended" in shown
    assert "z\u00a0takes it back" in shown
    assert "to take it back: git revert" in shown
    assert "decline  taken back" in shown


def test_a_first_run_says_what_to_do() -> None:
    shown = text(empty("needs_you", {"collected": 0, "sources": []}, "http://key@127.0.0.1:9/1", ""))
    assert "http://key@127.0.0.1:9/1" in shown
    for command in ("loop import", "loop demo", "loop doctor"):
        assert command in shown
    assert "loop listen" in text(empty("needs_you", {}, "", ""))


def test_an_empty_section_says_where_everything_went() -> None:
    funnel = {
        "collected": 4212, "duplicate": 4020, "held": 2, "gathering": 23, "gathering_signals": 171, "declined": 6,
        "measuring": 4, "today": {"collected": 12}, "next_look": "2026-03-12T20:00:00Z",
        "next_result": "2026-03-19T20:00:00Z",
        "sources": [
            {"name": "linear", "enabled": True, "last_success": "2026-03-12T12:00:00Z", "last_error": "token expired",
             "today": 0},
            {"name": "sentry", "enabled": True, "last_success": "2026-03-12T14:56:00Z", "last_error": "", "today": 12},
        ],
    }  # fmt: skip
    shown = text(empty("needs_you", funnel, "", ""))
    assert shown.startswith("Nothing needs you.")
    for part in ("4,212   12 today, from 2 sources", "2   loop quarantine", "171 signals", "next look in about 5h",
                 "token expired (worked 3h ago)", "loop\u00a0sources\u00a0check",
                 "12 today · 4m ago"):  # fmt: skip
        assert part in shown
    assert text(empty("a section of one's own", funnel, "", "")).startswith("Nothing is here.")


# In little room, and with what comes from outside ---------------------------------------------------------------


def awkward() -> Json:
    long = "x" * 1_000_000
    wide = "漢字 e\u0301 👨\u200d👩 \x1b[31m\u202e"
    base = {"verified": True, "is_cause": True, "file": wide, "function": wide, "line": 3, "commit": wide}
    return report(
        summary=long, findings=[{**base, "text": wide, "evidence": long}], title=wide, first_release=wide,
        signals=[stacked(body=long, entities={"url": long, "transaction": wide}, release=wide,
                         breadcrumbs=[{"message": long, "category": wide}], request={"url": long, "method": wide})],
        runs=[run(1, wide, "running", wide, (step(1, wide, long, long),))], change=change(description=long, title=wide),
        journal=[{"id": 1, "at": AT, "who": wide, "action": wide, "why": long, "undoable": False, "undone": False,
                  "undo_hint": wide}],
        contract={"metric": wide, "denominator": wide, "direction": "down", "min_effect": 0.5, "baseline": {}},
    )  # fmt: skip


def everything(name: str, cells: int) -> Iterator[Line]:
    found = awkward()
    opened: frozenset[str] = frozenset()
    for _ in range(3):  # what was folded may hold more folds
        lines = tab(found, name, view=View(cells=cells, toggled=opened))
        opened = opened | {fold for _, fold in toggles(lines) if fold not in ("run:1", "signal:1")}
    yield from lines


@pytest.mark.parametrize("name", TABS)
@pytest.mark.parametrize("cells", [36, 118])
def test_no_row_is_wider_than_its_room_and_none_steers_the_terminal(name: str, cells: int) -> None:
    for item in everything(name, cells):
        if not item.wrap:
            continue  # cut where it is drawn
        for row in wrap(item, cells):
            drawn = "".join(part for part, _ in row.spans)
            assert cell_len(drawn) <= cells, repr(drawn)
            assert not set(drawn) & set("\x1b\u202e\u200d\n\r")


@pytest.mark.parametrize("name", TABS)
def test_a_line_of_a_megabyte_is_cut_and_says_so(name: str) -> None:
    shown = text(list(everything(name, 78)))
    assert len(shown) < 60_000
    if name not in ("Measure", "Activity"):
        assert "more characters" in shown or "…" in shown
