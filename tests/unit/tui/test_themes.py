"""Colours that can be read: contrasts as WCAG 2.2 counts them, and sixteen colours on any ground."""

from __future__ import annotations

from pathlib import Path

import pytest
from textual.color import Color
from textual.theme import Theme

from loop_tui.preferences import Preferences, PreferencesError, load
from loop_tui.themes import ANSI, CONTRAST, DARK, LIGHT, THEMES

INKS = ("foreground", "primary", "secondary", "success", "warning", "error")
GROUNDS = ("background", "surface", "panel", "boost")


def luminance(color: Color) -> float:
    parts = [value / 255 for value in (color.r, color.g, color.b)]
    red, green, blue = (x / 12.92 if x <= 0.04045 else ((x + 0.055) / 1.055) ** 2.4 for x in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    low, high = sorted((luminance(Color.parse(one)), luminance(Color.parse(other))))
    return (high + 0.05) / (low + 0.05)


def pairs(theme: Theme) -> list[tuple[str, str, float, bool]]:
    """(ink, ground, contrast, whether the ink is the dim one) of all that is drawn on each other."""
    extra = theme.variables
    grounds = {name: getattr(theme, name) for name in GROUNDS}
    grounds |= {name: extra[name] for name in ("loop-tab", "loop-add", "loop-del", "loop-cursor")}
    inks = {name: getattr(theme, name) for name in INKS} | {"loop-dim": extra["loop-dim"]}
    found = [
        (ink, ground, contrast(ink_value, value), ink == "loop-dim")
        for ink, ink_value in inks.items()
        for ground, value in grounds.items()
    ]
    return [*found, ("loop-add-ink", "loop-add", contrast(extra["loop-add-ink"], extra["loop-add"]), False)]


@pytest.mark.parametrize(
    ("theme", "text", "dim"),
    [(DARK, 4.5, 3.0), (LIGHT, 4.5, 3.0), (CONTRAST, 7.0, 7.0)],
    ids=["dark", "light", "contrast"],
)
def test_all_that_is_drawn_can_be_read(theme: Theme, text: float, dim: float) -> None:
    low = [
        (ink, ground, round(ratio, 2)) for ink, ground, ratio, faint in pairs(theme) if ratio < (dim if faint else text)
    ]
    assert low == []


# As xterm has set them. Green alone is lighter than the rest: terminals with a light ground set it darker.
XTERM = {
    "red": "#cd0000",
    "green": "#00cd00",
    "magenta": "#cd00cd",
    "bright_blue": "#5c5cff",
    "bright_black": "#7f7f7f",
}


def test_the_sixteen_colours_are_read_on_black_and_on_white() -> None:
    used = {getattr(ANSI, name) for name in INKS} | {ANSI.variables["loop-dim"], ANSI.variables["loop-add-ink"]}
    for color in used - {"ansi_default"}:
        value = XTERM[color.removeprefix("ansi_")]
        assert contrast(value, "#000000") >= 3
        assert contrast(value, "#ffffff") >= (2 if "green" in color else 3)
    assert {getattr(ANSI, name) for name in GROUNDS} == {"ansi_default"}


def test_every_theme_answers_for_every_word_of_the_styles() -> None:
    names = [sorted(name for name in theme.variables if name.startswith("loop-")) for theme in THEMES.values()]
    assert all(each == names[0] for each in names)


def test_a_theme_is_remembered_and_nothing_else_is_lost(tmp_path: Path) -> None:
    file = tmp_path / "new" / "preferences.toml"
    load(file).remember("theme", "light")
    assert (load(file).theme, file.read_text()) == ("light", 'theme = "light"\n')
    file.write_text('# mine\nnotify = "off"  # quiet\n\n[keys]\nmerge = "g m"\n')
    load(file).remember("theme", "contrast")
    assert file.read_text() == '# mine\nnotify = "off"  # quiet\ntheme = "contrast"\n\n[keys]\nmerge = "g m"\n'
    assert (load(file).theme, load(file).keys) == ("contrast", {"merge": "g m"})
    assert list(file.parent.iterdir()) == [file]


def test_a_linked_file_stays_a_link(tmp_path: Path) -> None:
    kept, link = tmp_path / "dotfiles.toml", tmp_path / "preferences.toml"
    kept.write_text("")
    link.symlink_to(kept)
    load(link).remember("theme", "light")
    assert link.is_symlink()
    assert kept.read_text() == 'theme = "light"\n'


def test_what_cannot_be_written_is_a_sentence(tmp_path: Path) -> None:
    likes = load(tmp_path / "preferences.toml")
    (tmp_path / "preferences.toml").mkdir()
    with pytest.raises(PreferencesError, match="cannot be written"):
        likes.remember("theme", "light")


def test_preferences_of_no_file_are_not_written() -> None:
    Preferences().remember("theme", "light")
