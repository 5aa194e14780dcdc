"""The list of reports: drawn line by line, so ten thousand rows cost what forty do."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from textual import events
from textual.geometry import Size
from textual.message import Message
from textual.reactive import reactive
from textual.strip import Strip

from agents.text import one_line
from loop_tui.widgets import words
from loop_tui.widgets.canvas import Canvas
from loop_tui.widgets.words import Span, fill, fit

Json = dict[str, Any]
_ONE_LINE = 76  # from this many cells on, a report takes one line instead of two
_NEAR_END = 50


class ReportList(Canvas):
    """Cards of reports with a cursor."""

    cursor: reactive[int] = reactive(0, repaint=False)

    class Moved(Message):
        """Another report is under the cursor, or none."""

    class NearEnd(Message):
        """The cursor comes near the last row that is loaded."""

    class Chosen(Message):
        """A report was clicked twice."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.cards: list[Json] = []
        self._places: dict[int, int] = {}
        self._ages: list[str] = []

    # Content -------------------------------------------------------------------------------------------------

    @property
    def selected(self) -> Json | None:
        """The card under the cursor."""
        return self.cards[self.cursor] if 0 <= self.cursor < len(self.cards) else None

    def has(self, report_id: int) -> bool:
        """Whether the report is in the list."""
        return report_id in self._places

    def get(self, report_id: int) -> Json | None:
        """The card of a report in the list."""
        place = self._places.get(report_id)
        return None if place is None else self.cards[place]

    def replace(self, cards: list[Json], *, keep: bool = True) -> None:
        """Show these cards; with `keep` the cursor stays on its report, or on its place when that report left."""
        before = self.selected if keep else None
        offset = int(self.scroll_offset.y)
        row = self.cursor * self.row_height - offset
        self.cards = cards
        self._places = {card["id"]: place for place, card in enumerate(cards)}
        self._measure()
        place = self.cursor if keep else 0
        if before is not None:
            place = self._places.get(before["id"], place)
        place = max(0, min(place, len(cards) - 1))
        self.set_reactive(ReportList.cursor, place)
        # At the top, what is new shows itself there; further down the rows in sight stay where they are.
        self.jump(place * self.row_height - row if keep and offset else 0)
        self._follow()
        self.refresh()
        if before is None or self.selected is None or self.selected["id"] != before["id"]:
            self.post_message(self.Moved())

    def append(self, cards: Iterable[Json]) -> None:
        """Add a page at the end."""
        fresh = [card for card in cards if card["id"] not in self._places]
        for card in fresh:
            self._places[card["id"]] = len(self.cards)
            self.cards.append(card)
        self._measure()
        self.refresh()

    def patch(self, cards: Iterable[Json]) -> None:
        """Replace cards in place by id; neither the cursor nor the scroll position moves."""
        for card in cards:
            place = self._places.get(card["id"])
            if place is not None and self.cards[place] != card:
                self.cards[place] = card
                self.repaint_lines(place * self.row_height, self.row_height)

    def refresh_ages(self) -> None:
        """Draw again if an age in sight reads differently now."""
        ages = [words.age(card["last_seen"]) for card in self._in_sight()]
        if ages != self._ages:
            self._ages = ages
            self.refresh()

    def _in_sight(self) -> list[Json]:
        first = int(self.scroll_offset.y) // self.row_height
        return self.cards[first : first + self.size.height + 1]

    # Moving --------------------------------------------------------------------------------------------------

    @property
    def row_height(self) -> int:
        """Lines of one report."""
        return 1 if self.size.width >= _ONE_LINE else 2

    def _measure(self) -> None:
        self.virtual_size = Size(self.size.width, len(self.cards) * self.row_height)

    def on_resize(self, event: events.Resize) -> None:
        """Rows may take one line or two from here on."""
        self._measure()
        self._follow()
        self.refresh()

    def move(self, by: int) -> None:
        """Move the cursor by rows."""
        self.cursor = max(0, min(self.cursor + by, len(self.cards) - 1))

    def half(self, direction: int) -> None:
        """Move the cursor by half a page."""
        self.move(direction * max(1, self.size.height // self.row_height // 2))

    def top(self) -> None:
        """The first report."""
        self.cursor = 0

    def bottom(self) -> None:
        """The last report that is loaded."""
        self.cursor = max(0, len(self.cards) - 1)

    def select(self, report_id: int) -> bool:
        """Put the cursor on a report, if it is in the list."""
        place = self._places.get(report_id)
        if place is not None:
            self.cursor = place
        return place is not None

    def _follow(self) -> None:
        top, height, row = int(self.scroll_offset.y), self.size.height, self.row_height
        first = self.cursor * row
        if first < top:
            self.jump(first)
        elif height and first + row > top + height:
            self.jump(first + row - height)

    def watch_cursor(self, before: int, after: int) -> None:
        """Draw two rows, and follow with the scroll position."""
        if before == after:
            return
        self.repaint_lines(before * self.row_height, self.row_height)
        self.repaint_lines(after * self.row_height, self.row_height)
        self._follow()
        self.post_message(self.Moved())
        if after >= len(self.cards) - _NEAR_END:
            self.post_message(self.NearEnd())

    def on_focus(self) -> None:
        """The cursor looks different with the focus."""
        self.repaint_lines(self.cursor * self.row_height, self.row_height)

    def on_blur(self) -> None:
        """And without."""
        self.repaint_lines(self.cursor * self.row_height, self.row_height)

    def on_click(self, event: events.Click) -> None:
        """A click selects, a second one opens."""
        place = (event.y + int(self.scroll_offset.y)) // self.row_height
        if 0 <= place < len(self.cards):
            self.cursor = place
            if event.chain == 2:
                self.post_message(self.Chosen())

    # Drawing -------------------------------------------------------------------------------------------------

    def render_line(self, y: int) -> Strip:
        """One line of the list."""
        cells = self.scrollable_content_region.width
        place, part = divmod(y + int(self.scroll_offset.y), self.row_height)
        if place >= len(self.cards):
            return self.strip([], cells)
        here = place == self.cursor
        card = self.cards[place]
        if self.row_height == 1:
            spans = self._wide(card, cells - 2)
        else:
            spans = self._first(card, cells - 2) if part == 0 else self._second(card, cells - 2)
        row = ("cursor" if self.has_focus else "idle") if here else ""
        return self.strip([("▌" if here else " ", "accent"), *spans, (" ", "")], cells, row)

    @staticmethod
    def _wide(card: Json, cells: int) -> list[Span]:
        glyph, word, style = words.status(card)
        room = 24 if cells >= 100 else 14
        title = cells - (3 + 12 + 1 + 6 + 7 + 1 + room + 5)
        return [
            (fit(card["priority"] or "", 3), "bold" if card["priority"] in ("P0", "P1") else "dim"),
            (fit(f"{glyph} {word}", 12), style),
            (fit(card["title"], title), "bold" if card["status"] == "review" else ""),
            (" ", ""),
            (fit(words.short(card["user_count"]), 5, right=True), ""),
            (" ", ""),
            (words.sparkline(card["trend"]) + " ", "accent"),
            (" ", ""),
            *fill(words.state_spans(card), room),
            (fit(words.age(card["last_seen"]), 5, right=True), "dim"),
        ]

    @staticmethod
    def _first(card: Json, cells: int) -> list[Span]:
        glyph, _, style = words.status(card)
        return [
            (fit(card["priority"] or "", 3), "bold" if card["priority"] in ("P0", "P1") else "dim"),
            (glyph + " ", style),
            (fit(card["title"], cells - 5 - 5), "bold" if card["status"] == "review" else ""),
            (fit(words.age(card["last_seen"]), 5, right=True), "dim"),
        ]

    @staticmethod
    def _second(card: Json, cells: int) -> list[Span]:
        _, word, style = words.status(card)
        users = words.plural(card["user_count"], "user")
        mine = f" · {one_line(card['claimed_by'], 12)}" if card["claimed_by"] else ""
        head: list[Span] = [("     ", ""), (word, style), (f" · {users}{mine}", "dim")]
        rest = words.state_spans(card)
        if rest:
            head += [(" · ", "dim"), *rest]
        return [*fill(head, cells - 7), (" ", ""), (words.sparkline(card["trend"]), "accent")]
