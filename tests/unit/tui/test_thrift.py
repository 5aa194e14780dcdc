"""Fewer bytes, the same picture."""

from __future__ import annotations

import pyte
from hypothesis import given
from hypothesis import strategies as st
from rich.color import ColorSystem
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from loop_tui.thrift import written

STYLES = st.builds(
    Style,
    color=st.sampled_from([None, "#ff0000", "#00aa33", "red", "default"]),
    bgcolor=st.sampled_from([None, "#101010", "#2233aa", "blue", "default"]),
    bold=st.sampled_from([None, True, False]),
    italic=st.sampled_from([None, True]),
    underline=st.sampled_from([None, True]),
    reverse=st.sampled_from([None, True]),
)
STRIPS = st.lists(st.tuples(st.text("ab é", min_size=1, max_size=4), st.none() | STYLES), max_size=8)


def picture(text: str) -> list[tuple[object, ...]]:
    screen = pyte.Screen(40, 2)
    pyte.Stream(screen).feed(text + "Z")
    cells = (screen.buffer[0][x] for x in range(40))
    return [(c.data, c.fg, c.bg, c.bold, c.italics, c.underscore, c.reverse) for c in cells]


@given(STRIPS)
def test_the_terminal_shows_what_textual_would_have_it_show(parts: list[tuple[str, Style | None]]) -> None:
    strip = Strip([Segment(text, style) for text, style in parts])
    usual = "".join(
        text if style is None else Strip.render_style(style, text, ColorSystem.TRUECOLOR) for text, style in parts
    )
    assert picture(written(strip, ColorSystem.TRUECOLOR)) == picture(usual)


def test_a_row_of_many_colours_costs_little_more_than_its_words() -> None:
    ground = Style(bgcolor="#101418")
    row = Strip([Segment("word ", ground + Style(color=color)) for color in ("#aaaaaa", "#bbbbbb", "#aaaaaa") * 3])
    assert len(written(row, ColorSystem.TRUECOLOR)) < 9 * (5 + 22) + 30


def test_links_keep_their_escape() -> None:
    strip = Strip([Segment("see ", Style(bold=True)), Segment("this", Style(link="https://example.com"))])
    assert "https://example.com" in written(strip, ColorSystem.TRUECOLOR)
