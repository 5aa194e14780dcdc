"""Two keys one after the other."""

from __future__ import annotations

import pytest

from loop_tui.sequences import Fed, Sequences

ROWS = [
    ("g g", "top", "to the top"),
    ("g d", "diff", "diff"),
    ("]", "hunk", "next hunk"),
    ("] h", "hunk", "next hunk"),
    ("] f", "file", "next file"),
    ("j", "down", "down"),
]


@pytest.fixture
def now() -> list[float]:
    return [0.0]


@pytest.fixture
def keys(now: list[float]) -> Sequences:
    return Sequences(ROWS, clock=lambda: now[0])


def test_a_lead_waits_and_says_what_may_follow(keys: Sequences) -> None:
    assert keys.feed("g") == Fed(pending=True, taken=True)
    assert (keys.typed, keys.hint) == ("g", [("g", "to the top"), ("d", "diff")])
    assert keys.feed("d") == Fed("diff", taken=True)
    assert not keys.pending
    assert keys.hint == []


def test_a_lead_waits_however_long_it_takes(keys: Sequences, now: list[float]) -> None:
    keys.feed("g")
    now[0] = 3600
    assert keys.feed("g").action == "top"


def test_what_does_not_follow_a_lead_is_swallowed(keys: Sequences) -> None:
    keys.feed("g")
    assert keys.feed("x") == Fed(taken=True)
    assert keys.feed("x") == Fed()


def test_a_lead_that_is_an_action_acts_at_once(keys: Sequences) -> None:
    assert keys.feed("right_square_bracket", "]") == Fed("hunk", pending=True, taken=True)


def test_its_longer_form_with_the_same_meaning_acts_once(keys: Sequences) -> None:
    keys.feed("right_square_bracket", "]")
    assert keys.feed("h") == Fed(taken=True)


def test_its_longer_form_with_another_meaning_takes_its_place(keys: Sequences) -> None:
    keys.feed("right_square_bracket", "]")
    assert keys.feed("f") == Fed("file", taken=True, instead_of="hunk")


def test_held_down_it_acts_each_time(keys: Sequences) -> None:
    assert [keys.feed("right_square_bracket", "]").action for _ in range(3)] == ["hunk"] * 3


def test_after_a_second_the_next_key_means_what_it_always_means(keys: Sequences, now: list[float]) -> None:
    keys.feed("right_square_bracket", "]")
    now[0] = 1.5
    assert keys.feed("f") == Fed()


def test_other_keys_are_left_alone(keys: Sequences) -> None:
    assert keys.feed("j") == Fed()
    assert keys.feed("right_square_bracket", "]").taken
    assert keys.feed("j") == Fed()
