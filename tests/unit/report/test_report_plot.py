"""The plot: what it draws is what was counted, in whatever room there is."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loop_tui.widgets.lines import Line
from loop_tui.widgets.plot import nice, plot
from loop_tui.widgets.words import width

START = datetime(2026, 3, 10, 8, 0, tzinfo=UTC)


def made(rates: list[float | None], merged: int | None = None, live: int | None = None) -> dict[str, Any]:
    def at(hours: int | None) -> str | None:
        return None if hours is None else (START + timedelta(hours=hours)).isoformat()

    buckets = [
        {"at": at(hour), "events": (rate or 0) * 10, "exposure": 0 if rate is None else 10}
        for hour, rate in enumerate(rates)
    ]
    return {"buckets": buckets, "size": 3600, "merged_at": at(merged), "live_at": at(live)}


def text(lines: list[Line]) -> list[str]:
    return ["".join(part for part, _ in item.spans) for item in lines]


def test_a_rate_that_falls_is_drawn_falling_with_the_merge_between() -> None:
    drawn = text(plot(made([0.5] * 4 + [0.0] * 4, merged=4), 60, 1000))
    assert drawn[0].startswith("500 ┤")
    before, after = drawn[0].split("┤")[1].split("┊")
    assert set(before) == {"█"}
    assert set(after) == {" "}
    assert drawn[4].startswith("  0 └")
    assert "┊ merged Tue 10 Mar 12:00" in drawn[-1]


def test_merged_and_live_are_told_apart() -> None:
    drawn = text(plot(made([1.0] * 9, merged=3, live=5), 60, 1))
    assert drawn[-1].strip() == "┊ merged Tue 10 Mar 11:00   │ live Tue 10 Mar 13:00"


def test_no_traffic_is_a_gap_not_a_zero() -> None:
    drawn = text(plot(made([1.0, None, 0.0]), 60, 1))
    assert drawn[3].split("┤" if "┤" in drawn[3] else "│")[1] == "██████      ▁▁▁▁▁▁"
    assert "·" in drawn[4]


def test_ascii_has_no_other_characters() -> None:
    drawn = "".join(text(plot(made([1.0, None, 0.2], merged=1, live=2), 60, 1, ascii=True)))
    assert drawn.isascii()
    assert "#" in drawn


def test_nothing_counted_draws_nothing() -> None:
    assert plot(made([]), 60, 1) == []


def test_neighbours_are_added_up_not_dropped() -> None:
    # One event in a hundred buckets must be seen in the twenty columns there is room for.
    drawn = text(plot(made([0.0] * 50 + [10.0] + [0.0] * 49), 30, 1))
    assert any(char in "".join(drawn[:4]) for char in "▂▃▄▅▆▇█")


@given(
    st.lists(st.none() | st.floats(0, 1e6), min_size=1, max_size=120), st.integers(10, 120),
    st.none() | st.integers(0, 130), st.booleans(),
)  # fmt: skip
def test_it_fits_its_room_whatever_was_counted(
    rates: list[float | None], cells: int, merged: int | None, ascii: bool
) -> None:
    lines = plot(made(rates, merged=merged), cells, 1, ascii=ascii)
    drawn = text(lines)
    assert len({width(row) for row in drawn[:5]}) <= 1 or drawn[0] == ""
    assert all(width(row) <= max(cells, 22) for row in drawn[:5])


@given(st.floats(1e-6, 1e9))
def test_the_top_of_the_axis_is_a_round_number_just_above(value: float) -> None:
    top = nice(value)
    assert value <= top * (1 + 1e-9)
    assert top <= value * 10
    assert f"{top:.0e}"[0] in "125"


@pytest.mark.parametrize("value", [0, -1])
def test_nothing_has_an_axis_too(value: float) -> None:
    assert nice(value) == 1
