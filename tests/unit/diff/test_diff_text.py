"""Lines of outside text: safe, and as wide as they say."""

from __future__ import annotations

import unicodedata

from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from loop_tui.widgets.diff.text import MOST, cells_of, cut, folded, height, joined, spans, window

ODD = st.text(st.characters(exclude_characters="\n"), max_size=40) | st.sampled_from(
    ["\t\x1b[31m漢字\u202e", "e\u0301\u0301\t日", "⚠\ufe0f x", "a\tb\tc"]
)


def drawn(parts: list[tuple[str, str]]) -> str:
    return "".join(text for text, _ in parts)


def test_layers_add_their_styles_up() -> None:
    made = spans("return x", [[(0, 6, "keyword")], [(3, 8, "word")]])
    assert made == [("ret", "keyword"), ("urn", "keyword word"), (" x", "word")]


def test_blanks_after_a_word_take_its_colour_so_that_there_are_fewer_pieces() -> None:
    assert joined("a  b c", [(0, 1, "k"), (3, 4, "k"), (5, 6, "s")]) == [(0, 5, "k"), (5, 6, "s")]


def test_tabs_go_to_their_stops_wherever_colours_change() -> None:
    assert drawn(spans("a\tb\tc", [[(1, 2, "x")]])) == "a   b   c"


def test_a_long_line_is_cut_and_says_so() -> None:
    assert cut("x" * (MOST + 1234)) == ("x" * MOST, " … 1,234 more characters")
    assert cells_of("x" * 1_000_000) < MOST + 60


def test_half_a_wide_character_is_a_blank() -> None:
    assert drawn(window([("漢字", "")], 1, 2)) == "  "
    assert drawn(window([("漢字", "")], 0, 3)) == "漢 "


@given(ODD, st.integers(0, 50), st.integers(1, 50))
def test_a_window_is_never_wider_than_asked(text: str, start: int, cells: int) -> None:
    shown = drawn(window(spans(text, []), start, cells))
    assert cell_len(shown) <= cells
    assert not any(unicodedata.category(char) in ("Cc", "Cs") for char in shown)


@given(ODD, st.integers(2, 50))
def test_folding_loses_nothing_fits_and_is_as_high_as_foretold(text: str, cells: int) -> None:
    made = spans(text, [])
    rows = folded(made, cells)
    assert "".join(drawn(row) for row in rows) == drawn(made)
    assert all(sum(cell_len(part) for part, _ in row) <= cells for row in rows)
    assert height(text, cells) == len(rows)
