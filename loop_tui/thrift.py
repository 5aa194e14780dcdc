"""The fewest bytes from what the terminal shows to what it shall show.

Textual sends every line of a region it paints, each piece with its whole style. Here the screen is kept as it was sent,
cell by cell, and only cells that differ are sent again, as curses does it; lines that moved are moved by the terminal
itself. Textual's private way of painting is known in this one file.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from functools import lru_cache
from itertools import pairwise
from operator import ne
from typing import Any, NamedTuple, cast

from rich.cells import get_character_cell_size
from rich.color import ColorSystem
from rich.console import Console, RenderableType
from rich.style import Style
from textual import events
from textual._compositor import ChopsUpdate, CompositorUpdate, LayoutUpdate
from textual.app import App
from textual.screen import Screen
from textual.strip import Strip

_NEAR = 5  # cells that stay are sent again rather than jumped over, if they are so few
_MOVED = 6  # lines that must differ before it is asked whether they only moved
_OFF = {"1": "22", "2": "22", "3": "23", "4": "24", "5": "25", "6": "25", "7": "27", "8": "28", "9": "29", "21": "24"}


class Look(NamedTuple):
    """A style as the codes a terminal takes."""

    attributes: tuple[str, ...] = ()
    ink: str = ""
    ground: str = ""
    link: str = ""

    @property
    def shows_on_blank(self) -> bool:
        """Whether a blank cell shows more of it than the ground."""
        return bool(self.link or set(self.attributes) - {"1", "2", "3"})


class Cell(NamedTuple):
    """One cell: what stands there ("" behind a character of two cells) and how."""

    text: str
    look: Look


PLAIN = Look()
Row = list[Cell | None]  # None: nobody knows what the terminal shows there
Piece = tuple[int, int, Strip]  # line, column, what stands there


@lru_cache(maxsize=4096)
def _look(style: Style | None, system: ColorSystem) -> Look:
    if style is None:
        return PLAIN
    bits = style._attributes & style._set_attributes
    attributes = tuple(code for bit, code in Style._style_map.items() if bits & (1 << bit))
    ink = ";".join(style._color.downgrade(system).get_ansi_codes()) if style._color else ""
    ground = ";".join(style._bgcolor.downgrade(system).get_ansi_codes(False)) if style._bgcolor else ""
    return Look(attributes, ink, ground, style.link or "")


@lru_cache(maxsize=8192)
def _cells(text: str, look: Look) -> tuple[Cell, ...]:
    """The cells of a text; blank ones all look alike on the same ground."""
    blank = Cell(" ", look if look.shows_on_blank else Look(ground=look.ground))
    if text.isascii() and text.isprintable():
        return tuple(blank if char == " " else Cell(char, look) for char in text)
    cells: list[Cell] = []
    for char in text:
        size = get_character_cell_size(char)
        if size == 0 and cells and char.isprintable():
            place = -1 if cells[-1].text else -2
            cells[place] = Cell(cells[place].text + char, cells[place].look)
        elif char == " ":
            cells.append(blank)
        elif size:
            cells.extend([Cell(char, look), *[Cell("", look)] * (size - 1)])
    return tuple(cells)


def _rough(row: Row) -> bool:
    """Whether terminals may disagree about how wide something in it is."""
    return any(cell is not None and len(cell.text) != 1 for cell in row)


def _change(last: Look, here: Look) -> str:
    """The codes that lead from one look to another, the shorter of two ways."""
    codes = [code for code in here.attributes if code not in last.attributes]
    gone = [code for code in last.attributes if code not in here.attributes]
    if gone:  # bold and dim end together
        off = {_OFF.get(code, "0") for code in gone}
        codes = [*off, *[code for code in here.attributes if code not in last.attributes or _OFF.get(code) in off]]
    if last.ink != here.ink:
        codes.append(here.ink or "39")
    if last.ground != here.ground:
        codes.append(here.ground or "49")
    anew = ["0" if here != PLAIN else "", *here.attributes, here.ink, here.ground]
    step, whole = (";".join(filter(None, each)) for each in (codes, anew))
    if "0" in codes or len(whole) < len(step):
        step = whole
    style = f"\x1b[{step}m" if codes else ""
    return style if last.link == here.link else f"{style}\x1b]8;;{here.link}\x1b\\"


class Shown:
    """What the terminal shows, as far as this process wrote it."""

    def __init__(self) -> None:
        self._rows: list[Row] = []
        self._cells = 0

    def forget(self) -> None:
        """Something else wrote to the terminal, or its size changed: all is sent at the next chance."""
        self._rows = []

    def turn(self, pieces: Iterable[Piece], size: tuple[int, int], system: ColorSystem) -> str:
        """What to send so that the pieces are on the screen, "" when they are there already.

        Args:
            pieces: what is painted now; the rest stays as it is.
            size: columns and lines of the terminal.
            system: the colours it has.
        """
        cells, lines = size
        if self._cells != cells or len(self._rows) != lines:
            self._cells, self._rows = cells, [[None] * cells for _ in range(lines)]
        wanted: dict[int, Row] = {}
        for y, x, strip in pieces:
            if 0 <= y < lines:
                row = wanted.setdefault(y, list(self._rows[y]))
                for text, style, control in strip._segments:
                    if not control:
                        made = _cells(text, _look(style, system))
                        row[x : x + len(made)] = made
                        x += len(made)
        for row in wanted.values():
            del row[cells:]
            _mend(row)
        wanted = {y: row for y, row in wanted.items() if row != self._rows[y]}
        pen = _Pen()
        if len(wanted) >= _MOVED and (found := self._moved(wanted)):
            wanted = self._move(pen, wanted, *found)
        for y in sorted(wanted):
            pen.row(y, self._rows[y], wanted[y])
            self._rows[y] = wanted[y]
        return pen.end()

    def _moved(self, wanted: dict[int, Row]) -> tuple[int, int, int] | None:
        """The first and last line of a block that is there already, and by how many lines it moved up."""
        part = max(8, self._cells // 3)
        first, last = min(wanted), max(wanted)
        old = [tuple(row[:part]) for row in self._rows]
        new = [tuple(wanted[y][:part]) if y in wanted else old[y] for y in range(len(old))]
        seen, again = Counter(old[first : last + 1]), Counter(new[first : last + 1])
        place = {row: y for y, row in enumerate(old) if first <= y <= last and seen[row] == 1}
        steps = {y: place[row] - y for y, row in enumerate(new) if row in place and again[row] == 1}
        [(by, votes)] = Counter(step for step in steps.values() if step).most_common(1) or [(0, 0)]
        if votes < 3:
            return None
        ends = [end for y, step in steps.items() if step == by for end in (y, y + by)]
        top, bottom = min(ends), max(ends)
        stays = self._differ(wanted, range(top, bottom + 1), 0)
        moves = self._differ(wanted, range(top, bottom + 1), by)
        return (top, bottom, by) if moves * 4 < stays * 3 else None

    def _differ(self, wanted: dict[int, Row], block: range, by: int) -> int:
        """How many cells are not there yet, when the block has moved."""
        count = 0
        for y in block:
            if y + by in block:
                count += sum(map(ne, self._rows[y + by], wanted.get(y, self._rows[y])))
            else:
                count += self._cells
        return count

    def _move(self, pen: _Pen, wanted: dict[int, Row], top: int, bottom: int, by: int) -> dict[int, Row]:
        """Move a block; the lines that are still to be written."""
        for y in range(top, bottom + 1):
            wanted.setdefault(y, self._rows[y])
        pen.move(top, bottom, by)
        fresh: list[Row] = [[None] * self._cells for _ in range(abs(by))]
        block = self._rows[top : bottom + 1]
        self._rows[top : bottom + 1] = [*block[by:], *fresh] if by > 0 else [*fresh, *block[:by]]
        return {y: row for y, row in wanted.items() if row != self._rows[y]}


def _mend(row: Row) -> None:
    """Half of a wide character is blank."""
    if not any(cell is not None and cell.text == "" for cell in row):
        return
    for x, cell in enumerate(row):
        if cell is None:
            continue
        after = row[x + 1] if x + 1 < len(row) else None
        before = row[x - 1] if x else None
        lonely = cell.text == "" and not _wide(before)
        if lonely or (_wide(cell) and (after is None or after.text)):
            row[x] = Cell(" ", cell.look)


def _wide(cell: Cell | None) -> bool:
    return cell is not None and get_character_cell_size(cell.text[:1] or " ") == 2


class _Pen:
    """Writes cells, with the style and the place it has now."""

    def __init__(self) -> None:
        self._out: list[str] = []
        self._look, self._line = PLAIN, -2

    def _dip(self, cell: Cell) -> None:
        if not _goes_with(cell, self._look):
            self._out.append(_change(self._look, cell.look))
            self._look = cell.look

    def move(self, top: int, bottom: int, by: int) -> None:
        """Have the terminal move lines up by so many (down when it is less than none)."""
        self._out.append(f"\x1b[{top + 1};{bottom + 1}r\x1b[{top + 1}H\x1b[{abs(by)}{'M' if by > 0 else 'L'}\x1b[r")

    def row(self, y: int, old: Row, new: Row) -> None:
        """Write what differs in a line."""
        whole = _rough(new) or _rough(old)
        for start, end in [(0, len(new))] if whole else _runs(old, new):
            if self._line == y:
                self._out.append(f"\x1b[{start + 1}G")
            elif self._line == y - 1 and start == 0:
                self._out.append("\r\n")
            else:
                self._out.append(f"\x1b[{y + 1};{start + 1}H" if start else f"\x1b[{y + 1}H")
            self._line = y
            self._write(new, start, end)

    def _write(self, new: Row, start: int, end: int) -> None:
        rough = False
        for x in range(start, end):
            cell = new[x]
            if cell is None:
                rough = True
                continue
            if not cell.text:
                continue
            simple = len(cell.text) == 1 and (x + 1 == len(new) or (after := new[x + 1]) is None or after.text)
            if rough and simple:
                self._out.append(f"\x1b[{x + 1}G")
            rough = not simple
            self._dip(cell)
            self._out.append(cell.text)

    def end(self) -> str:
        """All of it, ending without any style."""
        if self._look != PLAIN:
            self._out.append(_change(self._look, PLAIN))
        return "".join(self._out)


def _goes_with(cell: Cell, pen: Look) -> bool:
    """Whether a cell can be written in a look that is not quite its own: of a blank one only the ground is seen."""
    look = cell.look
    if look == pen:
        return True
    return cell.text == " " and look.ground == pen.ground and not look.shows_on_blank | pen.shows_on_blank


def _runs(old: Row, new: Row) -> Iterator[tuple[int, int]]:
    """The stretches that differ, near ones as one."""
    differ = [x for x, (before, after) in enumerate(zip(old, new, strict=True)) if before != after]
    start = differ[0]
    for here, following in pairwise(differ):
        gap, cell = new[here + 1 : following], new[here]
        if len(gap) > _NEAR or any(one is None or cell is None or not _goes_with(one, cell.look) for one in gap):
            yield start, here + 1
            start = following
    yield start, differ[-1] + 1


def _pieces(update: LayoutUpdate | ChopsUpdate) -> Iterator[Piece]:
    """What Textual would write, piece by piece."""
    if isinstance(update, LayoutUpdate):
        for y, strips in enumerate(update.strips, update.region.y):
            x = update.region.x
            for strip in strips:
                yield y, x, strip
                x += strip.cell_length
        return
    for y, low, high in update.spans:
        for end, (x, chop) in zip(update.chop_ends[y], update.chops[y].items(), strict=False):
            if chop is not None and x <= high and end > low:
                yield y, x, chop if low <= x < high and end <= high else chop.crop(0, min(end, high) - x)


class _Turned(CompositorUpdate):
    """An update that is text already."""

    def __init__(self, text: str) -> None:
        self._text = text

    def render_segments(self, console: Console) -> str:
        """The text."""
        return self._text


class ThriftyApp(App[None]):
    """A Textual application that sends what differs."""

    def __init__(self, **likes: Any) -> None:
        super().__init__(**likes)
        self._shown = Shown()

    async def on_mount(self) -> None:
        """Whatever runs in between may write to the terminal."""
        for signal in (self.app_suspend_signal, self.app_resume_signal):
            signal.subscribe(self, self._forget, immediate=True)

    def _forget(self, _: object = None) -> None:
        """Something else may have written to the terminal: the next paint sends everything."""
        self._shown.forget()

    async def on_event(self, event: events.Event) -> None:
        """A terminal of another size shows nobody knows what."""
        if isinstance(event, events.Resize):
            self._forget()
        await super().on_event(event)

    def _display(self, screen: Screen[Any], renderable: RenderableType | None) -> None:
        held = self.is_headless or self._batch_count or self._driver is None or not self._running
        if isinstance(renderable, LayoutUpdate | ChopsUpdate) and not held:
            system = self.console._color_system or ColorSystem.TRUECOLOR
            text = self._shown.turn(_pieces(renderable), self.size, system)
            if not text and self._previous_cursor_position == screen.outer_size.clamp_offset(self.cursor_position):
                self.post_display_hook()
                return
            super()._display(screen, cast(RenderableType, _Turned(text)))
        else:
            super()._display(screen, renderable)
