"""A screen as SVG that looks the same wherever it is shown.

Textual's own export draws a window around it, asks a CDN for a font and leaves leading spaces to the viewer. Here every
run of text has its place and its width, and block characters are rectangles, so that columns, bars and plots meet
whatever monospaced font there is. The same screen gives the same bytes.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterable
from html import escape
from typing import Any

from rich.cells import cell_len
from rich.console import Console
from rich.segment import Segment
from rich.style import Style
from rich.terminal_theme import DEFAULT_TERMINAL_THEME
from textual.app import App

_SIZE = 14.0  # of the font
_CELL = 8.43  # DejaVu's and Menlo's share of the font's size; for other fonts `textLength` stretches
_LINE = 18.0
_BASE = 13.5  # from a line's top to where its letters stand
_PAD = 10.0
_FONTS = "ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', 'Liberation Mono', monospace"
_WORDS = re.compile(r"\S+(?: \S+)*")  # two spaces begin another run: no viewer may join them to one
_BLOCKS = {chr(0x2580 + eighths): eighths for eighths in range(1, 9)}
_LINES = {  # to which sides of its cell each line of a box goes
    "│": "ns", "─": "we", "╭": "se", "╮": "sw", "╰": "ne", "╯": "nw", "└": "ne", "├": "nse", "┤": "nsw",
}  # fmt: skip
_HALVES = {"▌": (0.0, 0.5), "▐": (0.5, 0.5), "▎": (0.0, 0.25), "▏": (0.0, 0.125)}
_DRAWN = {*_BLOCKS, *_LINES, *_HALVES}
_RUN = re.compile(f"([{''.join(sorted({*_BLOCKS, *_HALVES, '─'}))}])\\1*|([{''.join(sorted({*_LINES} - {'─'}))}])")


def svg(app: App[Any]) -> str:
    """The screen in front of a running application."""
    columns, lines = app.size
    console = Console(width=columns, height=lines, file=io.StringIO(), force_terminal=True, color_system="truecolor",
                      legacy_windows=False, safe_box=False)  # fmt: skip
    # The way of `App.export_screenshot`, which gives no hold before its own SVG.
    shown = app.screen._compositor.render_update(full=True, screen_stack=app._background_screens)
    rows = console.render_lines(shown, pad=False) if shown is not None else []
    ground = app.current_theme.background or "#000000"
    width, height = columns * _CELL + 2 * _PAD, lines * _LINE + 2 * _PAD
    drawing = _Drawing(ground)
    for number, row in enumerate(rows[:lines]):
        drawing.row(number, row)
    styles = "".join(f".s{number}{{{rule}}}" for rule, number in drawing.rules.items())
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_n(width)} {_n(height)}" width="{_n(width)}" '
        f'height="{_n(height)}">\n<style>text{{font:{_n(_SIZE)}px {_FONTS};white-space:pre}}{styles}</style>\n'
        f'<rect width="100%" height="100%" rx="6" fill="{ground}"/>\n'
        f'<g transform="translate({_n(_PAD)} {_n(_PAD)})">\n' + "\n".join([*drawing.grounds, *drawing.texts])
        + "\n</g>\n</svg>\n"
    )  # fmt: skip


class _Drawing:
    """What is drawn so far."""

    def __init__(self, ground: str) -> None:
        self.grounds: list[str] = []
        self.texts: list[str] = []
        self.rules: dict[str, int] = {}
        self._ground = ground.lower()

    def row(self, number: int, segments: Iterable[Segment]) -> None:
        """Draw one line of the screen."""
        at, top = 0, number * _LINE
        for text, colours, style in _joined(segments):
            ink, ground = colours
            cells = cell_len(text)
            if ground != self._ground:
                self.grounds.append(_rect(at * _CELL, top, cells * _CELL, _LINE, ground))
            self._blocks(text, at, top, ink)
            plain = "".join(" " if sign in _DRAWN else sign for sign in text)
            for found in _WORDS.finditer(plain):
                start = at + cell_len(plain[: found.start()])
                self._text(found[0], start, top, f"fill:{ink}{style}")
            at += cells

    def _blocks(self, text: str, at: int, top: float, ink: str) -> None:
        """Bars as rectangles; those of one height that stand side by side are one."""
        for found in _RUN.finditer(text):
            sign, left = found[0][0], (at + cell_len(text[: found.start()])) * _CELL
            wide = len(found[0]) * _CELL
            if sign in _LINES:
                self._line(_LINES[sign], left, top, wide, ink)
            elif sign in _BLOCKS:
                high = _LINE * _BLOCKS[sign] / 8
                self.texts.append(_rect(left, top + _LINE - high, wide, high, ink))
            else:
                start, part = _HALVES[sign]
                self.texts.append(_rect(left + start * _CELL, top, part * _CELL, _LINE, ink))

    def _line(self, sides: str, left: float, top: float, wide: float, ink: str) -> None:
        """A line of a box: from the middle of the cell to each of the sides."""
        middle, half = left + _CELL / 2, top + _LINE / 2
        ends = {"n": (middle, top), "s": (middle, top + _LINE), "w": (left, half), "e": (left + wide, half)}
        first, *rest = (f"{_n(x)} {_n(y)}" for x, y in (ends[side] for side in sides))
        path = f"M{first}L{rest[0]}" if sides in ("ns", "we") else "".join(
            f"M{_n(middle)} {_n(half)}L{end}" for end in (first, *rest)
        )  # fmt: skip
        self.texts.append(f'<path d="{path}" stroke="{ink}" stroke-linecap="square"/>')

    def _text(self, text: str, start: int, top: float, rule: str) -> None:
        number = self.rules.setdefault(rule, len(self.rules))
        long = f' textLength="{_n(cell_len(text) * _CELL)}"' if len(text) > 1 else ""
        self.texts.append(
            f'<text class="s{number}" x="{_n(start * _CELL)}" y="{_n(top + _BASE)}"{long}>'
            f"{escape(text, quote=False)}</text>"
        )


def _joined(segments: Iterable[Segment]) -> list[tuple[str, tuple[str, str], str]]:
    """Text with its ink, ground and the rest of its style; neighbours that look the same are one."""
    found: list[tuple[str, tuple[str, str], str]] = []
    for text, style, control in segments:
        if control or not text.strip("\n"):
            continue
        look = _look(style or Style.null())
        if found and found[-1][1:] == look:
            found[-1] = (found[-1][0] + text, *look)
        else:
            found.append((text, *look))
    return found


def _look(style: Style) -> tuple[tuple[str, str], str]:
    theme = DEFAULT_TERMINAL_THEME
    ink = (style.color.get_truecolor(theme) if style.color else theme.foreground_color).hex
    ground = (style.bgcolor.get_truecolor(theme) if style.bgcolor else theme.background_color).hex
    if style.reverse:
        ink, ground = ground, ink
    rest = ";font-weight:bold" if style.bold else ""
    rest += ";font-style:italic" if style.italic else ""
    rest += ";text-decoration:underline" if style.underline else ""
    rest += ";opacity:.6" if style.dim else ""
    return (ink, ground), rest


def _rect(x: float, y: float, width: float, height: float, colour: str) -> str:
    return (
        f'<rect x="{_n(x)}" y="{_n(y)}" width="{_n(width)}" height="{_n(height)}" fill="{colour}" '
        'shape-rendering="crispEdges"/>'
    )


def _n(value: float) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".")
