"""Fewer bytes, the same picture."""

from __future__ import annotations

import pyte
from hypothesis import given
from hypothesis import strategies as st
from rich.color import ColorSystem
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from loop_tui.thrift import Shown

COLUMNS, LINES = 16, 10
TRUE = ColorSystem.TRUECOLOR
STYLES = st.builds(
    Style,
    color=st.sampled_from([None, "#ff0000", "#00aa33", "red", "default"]),
    bgcolor=st.sampled_from([None, "#101010", "#2233aa", "blue", "default"]),
    bold=st.sampled_from([None, True, False]),
    italic=st.sampled_from([None, True]),
    underline=st.sampled_from([None, True]),
    reverse=st.sampled_from([None, True]),
)
TEXTS = st.text("ab  é│漢", min_size=1, max_size=5)
ROWS = st.lists(st.tuples(TEXTS, st.none() | STYLES), max_size=6).map(
    lambda parts: Strip([Segment(text, style) for text, style in parts]).adjust_cell_length(COLUMNS)
)
Picture = list[list[tuple[object, ...]]]


class Line:
    """A terminal that is sent the whole of each picture, and one that is sent what differs."""

    def __init__(self) -> None:
        self.shown, self.sent = Shown(), 0
        self.screens = [pyte.Screen(COLUMNS, LINES) for _ in range(2)]
        for screen in self.screens:
            screen.reset_mode(7, private=True)  # no automatic wrap, as Textual has it

    def paint(self, rows: dict[int, Strip]) -> str:
        usual = "".join(
            f"\x1b[{y + 1};1H" + "".join(
                text if style is None else Strip.render_style(style, text, TRUE) for text, style, _ in row._segments
            )
            for y, row in rows.items()
        )  # fmt: skip
        thrifty = self.shown.turn(((y, 0, row) for y, row in rows.items()), (COLUMNS, LINES), TRUE)
        for screen, text in zip(self.screens, (usual, thrifty), strict=True):
            pyte.Stream(screen).feed(text)
        return thrifty

    def pictures(self) -> tuple[Picture, Picture]:
        usual, thrifty = (self._picture(screen) for screen in self.screens)
        return usual, thrifty

    @staticmethod
    def _picture(screen: pyte.Screen) -> Picture:
        cells = [[screen.buffer[y][x] for x in range(COLUMNS)] for y in range(LINES)]
        # Of a blank cell only its ground is seen, and what is drawn through it.
        return [
            [
                (c.data, c.bg, c.underscore, c.reverse)
                + (() if c.data == " " and not c.reverse and not c.underscore else (c.fg, c.bold, c.italics))
                for c in row
            ]
            for row in cells
        ]


def strip(text: str, style: Style | None = None) -> Strip:
    return Strip([Segment(text, style)]).adjust_cell_length(COLUMNS, style)


@given(st.lists(st.dictionaries(st.integers(0, LINES - 1), ROWS, min_size=1), min_size=1, max_size=4))
def test_the_terminal_shows_what_textual_would_have_it_show(paints: list[dict[int, Strip]]) -> None:
    line = Line()
    line.paint({y: strip("") for y in range(LINES)})
    for rows in paints:
        line.paint(rows)
        usual, thrifty = line.pictures()
        assert thrifty == usual


@given(
    st.lists(ROWS, min_size=LINES * 2, max_size=LINES * 2),
    st.lists(st.integers(0, LINES), min_size=1, max_size=5),
    st.integers(0, 2),
    st.integers(0, 2),
)
def test_lines_that_move_are_where_they_belong(rows: list[Strip], offsets: list[int], top: int, bottom: int) -> None:
    line = Line()
    line.paint({y: strip("") for y in range(LINES)})
    for offset in offsets:
        line.paint({y: rows[offset + y] for y in range(top, LINES - bottom)})
        usual, thrifty = line.pictures()
        assert thrifty == usual


def test_what_is_there_is_not_sent_again() -> None:
    line = Line()
    rows = {y: strip(f"line {y}", Style(bgcolor="#101418")) for y in range(LINES)}
    assert line.paint(rows)
    assert line.paint(rows) == ""


def test_only_the_word_that_changed_is_sent() -> None:
    line = Line()
    line.paint({0: strip("12 need you", Style(color="#aaaaaa"))})
    assert line.paint({0: strip("13 need you", Style(color="#aaaaaa"))}) == "\x1b[1;2H\x1b[38;2;170;170;170m3\x1b[m"


def test_lines_that_moved_are_moved_by_the_terminal() -> None:
    line = Line()
    rows = [strip(chr(ord("a") + y) * COLUMNS) for y in range(LINES + 1)]
    line.paint(dict(enumerate(rows[:-1])))
    sent = line.paint(dict(enumerate(rows[1:])))
    assert len(sent) < COLUMNS + 40
    usual, thrifty = line.pictures()
    assert thrifty == usual


def test_after_something_else_wrote_all_is_sent() -> None:
    line = Line()
    rows = {y: strip(f"line {y}") for y in range(LINES)}
    first = line.paint(rows)
    line.shown.forget()
    assert line.paint(rows) == first


def test_a_row_of_many_colours_costs_little_more_than_its_words() -> None:
    ground = Style(bgcolor="#101418")
    row = Strip([Segment("word ", ground + Style(color=color)) for color in ("#aaaaaa", "#bbbbbb", "#aaaaaa") * 3])
    assert len(Shown().turn([(0, 0, row)], (45, 1), TRUE)) < 9 * (5 + 18) + 30


def test_links_keep_their_escape() -> None:
    row = Strip([Segment("see ", Style(bold=True)), Segment("this", Style(link="https://example.com")), Segment(" x")])
    sent = Shown().turn([(0, 0, row)], (20, 1), TRUE)
    assert "\x1b]8;;https://example.com\x1b\\this\x1b]8;;\x1b\\" in sent


def test_text_that_is_no_text_is_not_sent() -> None:
    assert "\x07" not in Shown().turn([(0, 0, Strip([Segment("a\x07b")]))], (20, 1), TRUE)
