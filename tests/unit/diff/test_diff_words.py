"""Which words of a line changed."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from loop_tui.widgets.diff.parse import Hunk, Line
from loop_tui.widgets.diff.words import Words, changed


def hunk(*lines: str) -> Hunk:
    return Hunk(1, 1, "", [Line(line[0], 1, 1, line[1:]) for line in lines])


def parts(text: str, ranges: list[tuple[int, int]]) -> list[str]:
    return [text[start:end] for start, end in ranges]


def test_only_the_words_that_differ_are_told() -> None:
    old, new = 'return order.meta["vat_id"]', 'return order.meta.get("vat_id", None)'
    left, right = changed(old, new)
    assert parts(old, left) == ["[", "]"]
    assert parts(new, right) == [".get(", ", None)"]


def test_lines_find_their_like_in_a_block() -> None:
    words = Words(hunk("-    return total", "+    rate = 0.1", "+    return total * rate"))
    assert words.of(0) == []
    assert words.of(1) == []
    assert words.of(2) == [(16, 23)]


def test_what_has_no_like_is_marked_nowhere() -> None:
    words = Words(hunk("-import os", "+class Cart: pass", " same"))
    assert [words.of(at) for at in range(3)] == [[], [], []]


def test_blocks_are_told_apart() -> None:
    words = Words(hunk("-a = 1", "+a = 2", " x", "-b = 1", "+b = 3"))
    assert words.of(4) == [(4, 5)]
    assert words.of(1) == [(4, 5)]


def test_very_long_lines_are_compared_from_both_ends() -> None:
    left, right = changed("x" * 5000 + "1" + "y" * 5000, "x" * 5000 + "22" + "y" * 5000)
    assert (left, right) == ([(5000, 5001)], [(5000, 5002)])


@given(st.text(max_size=60), st.text(max_size=60))
def test_what_is_left_of_both_is_the_same(old: str, new: str) -> None:
    def rest(text: str, ranges: list[tuple[int, int]]) -> str:
        for start, end in reversed(ranges):
            text = text[:start] + text[end:]
        return "".join(text.split())

    left, right = changed(old, new)
    assert rest(old, left) == rest(new, right)
