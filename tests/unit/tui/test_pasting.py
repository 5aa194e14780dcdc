"""A paste is one event with its text, whatever stands in it and however the terminal cuts it."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st
from textual import events
from textual._xterm_parser import XTermParser

from loop_tui.pasting import Pastes, guard_pastes

PARTS = ["\x1b", "\x1b\x1b", "\x1b[20", "[201", "\x1b[200~", "my", "q\r", "漢", "~"]
TEXT = st.lists(st.sampled_from(PARTS), max_size=12)


def pieces(data: str, cuts: list[int]) -> list[str]:
    places = sorted({0, len(data), *(cut % (len(data) + 1) for cut in cuts)})
    return [data[a:b] for a, b in pairwise(places)]


@given(TEXT.map("".join).filter(lambda text: "\x1b[201~" not in text), st.lists(st.integers(0, 99), max_size=6))
def test_no_key_is_pressed_by_what_is_pasted(text: str, cuts: list[int]) -> None:
    guard_pastes()
    parser = XTermParser()
    found = [event for part in pieces(f"j\x1b[200~{text}\x1b[201~k", cuts) for event in parser.feed(part)]
    assert [event.key for event in found if isinstance(event, events.Key)] == ["j", "k"]
    assert [event.text for event in found if isinstance(event, events.Paste)] == [text.replace("\x1b", "␛")]


@given(st.text("a\x1b[20~1O", max_size=20).filter(lambda text: "\x1b[200~" not in text), st.lists(st.integers(0, 99)))
def test_what_is_typed_is_left_as_it_is(text: str, cuts: list[int]) -> None:
    pastes = Pastes()
    assert [pastes.clean(part) for part in pieces(text, cuts)] == pieces(text, cuts)
