"""How a row of the table comes about, and how cases are read."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from agents.evaluate.cases import Place, Truth, read_cases
from agents.evaluate.score import Score, Seen, judge, totals
from agents.models import Status, Verdict
from agents.refusal import Refused

TRUTH = Truth(
    report="KeyError", outcome="fixed", verdict=Verdict.ACTIONABLE, priority=2, why="",
    cause=(Place(file="a.py", function="f"),),
)  # fmt: skip
SEEN = Seen(
    status=Status.REVIEW, reason="", verdict=Verdict.ACTIONABLE, priority=1, causes=(("a.py", "f"),), offered=True,
    proved=True, holds=True, strays=0, seconds=1.5, usd=0.25,
)  # fmt: skip


def score(truth: Truth = TRUTH, **other: object) -> Score:
    return judge("search", "case", truth, replace(SEEN, **other))  # type: ignore[arg-type]


def without_change(outcome: str, verdict: Verdict) -> Truth:
    return TRUTH.model_copy(update={"outcome": outcome, "verdict": verdict})


def test_a_proved_change_that_holds_is_a_fix() -> None:
    found = score()
    assert (found.fixed, found.false_fix, found.ended, found.right) == (True, False, "fixed", True)
    assert found.cause
    assert found.verdict
    assert found.priority


def test_a_change_that_the_hidden_tests_fail_on_is_false() -> None:
    found = score(holds=False)
    assert (found.fixed, found.false_fix, found.ended) == (False, True, "false_fix")


def test_a_change_without_proof_is_neither() -> None:
    found = score(proved=False)
    assert (found.fixed, found.false_fix, found.ended) == (False, False, "unproved")


@pytest.mark.parametrize("outcome", ["needs_input", "not_actionable", "no_safe_fix"])
def test_any_change_is_false_where_there_should_be_none(outcome: str) -> None:
    assert score(without_change(outcome, Verdict.ACTIONABLE), holds=True).false_fix


def test_a_change_to_noise_is_false() -> None:
    found = score(strays=1)
    assert found.false_fix
    assert not found.right


def test_a_question_counts_as_the_verdict_that_a_person_is_needed() -> None:
    asked = score(
        without_change("needs_input", Verdict.NEEDS_INPUT), status=Status.NEEDS_INPUT, offered=False, holds=None
    )
    assert asked.verdict
    assert asked.right
    assert not score(status=Status.NEEDS_INPUT, offered=False, holds=None).verdict


def test_priority_is_right_within_one() -> None:
    assert score(priority=3).priority
    assert not score(priority=4).priority
    assert not score(priority=None).priority


def test_the_cause_is_a_file_and_a_function() -> None:
    assert not score(causes=(("a.py", "g"), ("b.py", "f"))).cause
    nobody = TRUTH.model_copy(update={"cause": ()})
    assert score(nobody, causes=()).cause
    assert not score(nobody).cause


def test_totals_are_sums() -> None:
    found = totals([score(), score(holds=False)])
    assert (found["cases"], found["fixable"], found["fixed"], found["false_fix"]) == (2, 2, 1, 1)
    assert (found["seconds"], found["usd"]) == (3.0, 0.5)


def test_bad_folders_are_told_with_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="There is no folder"):
        read_cases(tmp_path / "none")
    with pytest.raises(Refused, match="holds no case"):
        read_cases(tmp_path)
    case = tmp_path / "one"
    case.mkdir()
    truth = case / "truth.toml"
    truth.write_text("report = ")
    with pytest.raises(Refused, match="not valid TOML"):
        read_cases(tmp_path)
    truth.write_text('report = "x"\noutcome = "mended"\nverdict = "actionable"\npriority = 2\nwhy = ""\n')
    with pytest.raises(Refused, match="outcome"):
        read_cases(tmp_path)
    truth.write_text('report = "x"\noutcome = "fixed"\nverdict = "actionable"\npriority = 2\nwhy = ""\n')
    with pytest.raises(Refused, match="has no repo/"):
        read_cases(tmp_path)
    (case / "repo").mkdir()
    with pytest.raises(Refused, match="has no events"):
        read_cases(tmp_path)
    (case / "events.jsonl").write_text("{}\n")
    with pytest.raises(Refused, match="no hidden"):
        read_cases(tmp_path)
    with pytest.raises(Refused, match="choose one of one"):
        read_cases(tmp_path, "two")
