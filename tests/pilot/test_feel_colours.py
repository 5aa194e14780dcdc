"""Themes on the screen: changed with T and remembered, without colour, and with sixteen."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from rich.segment import Segment

from loop_tui.preferences import Preferences, load
from tests.pilot.conftest import Desk, Open


def segments(d: Desk) -> Iterator[Segment]:
    """All that is drawn, as it goes to the terminal."""
    for strip in d.app.screen._compositor.render_strips():
        yield from strip


def drawn(d: Desk, text: str) -> Segment:
    return next(segment for segment in segments(d) if text in segment.text)


async def test_a_theme_chosen_with_its_key_is_there_the_next_time(desk: Open, tmp_path: Path) -> None:
    file = tmp_path / "preferences.toml"
    file.write_text("# mine\n")
    async with desk(preferences=load(file)) as d:
        for theme in ("light", "contrast", "ansi", "dark", "light"):
            await d.press("T")
            assert d.app.theme == f"loop-{theme}"
            assert load(file).theme == theme
    assert file.read_text().startswith("# mine\n")


async def test_without_colour_words_and_glyphs_tell_and_the_cursor_is_reversed(
    desk: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    async with desk(preferences=Preferences(theme="light")) as d:
        for segment in segments(d):
            style = segment.style
            assert style is None or style.color is None or style.color.is_default
            assert style is None or style.bgcolor is None or style.bgcolor.is_default
        assert "✕" in d.screen()
        assert "failed" in d.screen()
        assert drawn(d, "Invoice PDF").style.reverse  # type: ignore[union-attr]
        assert not drawn(d, "Search times out").style.reverse  # type: ignore[union-attr]
        await d.press("T")
        assert "NO_COLOR is set" in d.told()
        assert d.app.theme == "loop-ansi"


@pytest.mark.parametrize("theme", ["contrast", "ansi"])
async def test_the_row_under_the_cursor_is_reversed_in_one_colour(desk: Open, theme: str) -> None:
    async with desk(preferences=Preferences(theme=theme)) as d:  # type: ignore[arg-type]
        row = [s for strip in d.app.screen._compositor.render_strips() for s in strip if s.style and s.style.reverse]
        assert "Invoice PDF" in "".join(segment.text for segment in row)
        assert len({(segment.style.color, segment.style.bgcolor) for segment in row}) == 1  # type: ignore[union-attr]
        await d.press("j")
        assert not drawn(d, "Invoice PDF").style.reverse  # type: ignore[union-attr]


async def test_sixteen_colours_are_those_of_the_terminal(desk: Open) -> None:
    async with desk(preferences=Preferences(theme="ansi")) as d:
        colours = {s.style.color for s in segments(d) if s.style and s.style.color}
        assert colours
        assert all(color.is_default or color.is_system_defined for color in colours)
