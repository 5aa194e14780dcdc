"""The list of reports: it holds the ids of a whole section and the cards of what is near the cursor.

Only lines in sight are drawn, and only cards near them are read, so a hundred thousand reports cost what a hundred do.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from textual import events
from textual.geometry import Size
from textual.message import Message
from textual.reactive import reactive
from textual.strip import Strip

from loop_tui.widgets import report_row, words
from loop_tui.widgets.canvas import Canvas

Json = dict[str, Any]
_PAGE = 100  # cards read at once
_KEPT = 2_000  # cards held before those far from the cursor are let go


class ReportList(Canvas):
    """Reports with a cursor and marks."""

    cursor: reactive[int] = reactive(0, repaint=False)

    class Moved(Message):
        """Another report is under the cursor, or none."""

    class Chosen(Message):
        """A report was clicked twice."""

    @dataclass
    class Wanted(Message):
        """Cards of these reports are about to be seen and are not here."""

        ids: list[int]

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.order: array[int] = array("q")
        self.marks: set[int] = set()
        self._anchor: int | None = None  # the report a range began at
        self._cards: dict[int, Json] = {}
        self._asked: set[int] = set()
        self._looking: Mapping[int, Sequence[str]] = {}
        self._drawn: dict[int, str] = {}  # the ages of the rows in sight as they were drawn

    # Content -------------------------------------------------------------------------------------------------

    @property
    def here(self) -> int | None:
        """The report under the cursor."""
        return self.order[self.cursor] if 0 <= self.cursor < len(self.order) else None

    @property
    def selected(self) -> Json | None:
        """Its card, once it is read."""
        return None if self.here is None else self._cards.get(self.here)

    def get(self, report_id: int) -> Json | None:
        """The card of a report, if it was read."""
        return self._cards.get(report_id)

    def place(self, report_id: int) -> int | None:
        """Where a report stands in the list."""
        try:
            return self.order.index(report_id)
        except ValueError:
            return None

    def replace(self, ids: Iterable[int], cards: Iterable[Json] = (), *, keep: bool = True) -> None:
        """Show these reports; with `keep` the cursor stays on its report, or on its place when that report left."""
        before = self.here if keep else None
        offset = int(self.scroll_offset.y)
        row = self.cursor * self.row_height - offset
        self.order = array("q", ids)
        self._take(cards)
        self._asked.clear()
        if not keep:
            self.clear_marks()
        self._measure()
        place = self.cursor if keep else 0
        if before is not None and (found := self.place(before)) is not None:
            place = found
        place = max(0, min(place, len(self.order) - 1))
        self.set_reactive(ReportList.cursor, place)
        # At the top, what is new shows itself there; further down the rows in sight stay where they are.
        self.jump(place * self.row_height - row if keep and offset else 0)
        self._follow()
        self._want()
        self.refresh()
        if before is None or self.here != before:
            self.post_message(self.Moved())

    def _take(self, cards: Iterable[Json]) -> None:
        for card in cards:
            self._cards[card["id"]] = card
        if len(self._cards) > _KEPT:
            near = set(self.order[max(0, self.cursor - _KEPT // 4) : self.cursor + _KEPT // 4])
            self._cards = {key: card for key, card in self._cards.items() if key in near}

    def patch(self, cards: Iterable[Json]) -> None:
        """Put cards in by id and draw those in sight that changed; neither the cursor nor the scroll position moves."""
        fresh = [card for card in cards if self._cards.get(card["id"]) != card]
        changed = {card["id"] for card in fresh}
        self._take(fresh)
        self._asked -= changed
        for place in self._sight():
            if self.order[place] in changed:
                self._repaint(place)
        if self.here in changed:
            self.post_message(self.Moved())

    def see(self, looking: Mapping[int, Sequence[str]]) -> None:
        """Say who has which report open."""
        before, self._looking = self._looking, looking
        for place in self._sight():
            if before.get(self.order[place]) != looking.get(self.order[place]):
                self._repaint(place)

    def refresh_ages(self) -> None:
        """Draw the rows again whose age reads differently now."""
        self._drawn = {key: age for key, age in self._drawn.items() if key in self._cards}
        for place in self._sight():
            card = self._cards.get(self.order[place])
            if card is not None and self._drawn.get(card["id"]) != words.age(card["last_seen"]):
                self._repaint(place)

    def _sight(self) -> range:
        first = int(self.scroll_offset.y) // self.row_height
        return range(first, min(len(self.order), first + self.size.height // self.row_height + 2))

    def _want(self) -> None:
        """Ask for the cards in sight, and for those around the cursor."""
        sight = self._sight()
        low = min(sight.start, self.cursor) // _PAGE * _PAGE
        high = (max(sight.stop, self.cursor + _PAGE // 4) // _PAGE + 1) * _PAGE
        if high - low > 4 * _PAGE:  # the cursor has jumped: what is in sight first
            low, high = sight.start, sight.stop
        missing = [one for one in self.order[low:high] if one not in self._cards and one not in self._asked]
        if missing:
            self._asked.update(missing)
            self.post_message(self.Wanted(missing))

    # Marks ---------------------------------------------------------------------------------------------------

    @property
    def chosen(self) -> list[int]:
        """What a decision takes: the marked reports in order, else the one under the cursor."""
        span = self._range()
        if self.marks or span:
            return [one for place, one in enumerate(self.order) if one in self.marks or place in span]
        return [] if self.here is None else [self.here]

    @property
    def marking(self) -> bool:
        """Whether reports are marked."""
        return bool(self.marks) or self._anchor is not None

    def _range(self) -> range:
        """The places of the range that is being made."""
        start = None if self._anchor is None else self.place(self._anchor)
        if start is None:
            return range(0)
        return range(min(start, self.cursor), max(start, self.cursor) + 1)

    def mark(self) -> None:
        """Mark the report, or take its mark away, and move on."""
        if self.here is not None:
            self.marks ^= {self.here}
            self._repaint(self.cursor)
            self.move(1)

    def mark_range(self) -> None:
        """Begin a range here; a second time, keep it as marks."""
        if self._anchor is None:
            self._anchor = self.here
        else:
            self.marks |= {self.order[place] for place in self._range()}
            self._anchor = None
        self.refresh()

    def mark_all(self) -> None:
        """Mark everything, or nothing when all is marked."""
        everything = set(self.order)
        self.marks = set() if self.marks >= everything else everything
        self._anchor = None
        self.refresh()

    def clear_marks(self) -> None:
        """Mark nothing."""
        if self.marking:
            self.marks, self._anchor = set(), None
            self.refresh()

    # Moving --------------------------------------------------------------------------------------------------

    @property
    def row_height(self) -> int:
        """Lines a report takes."""
        cells = self.size.width
        return 1 if cells == 0 or cells >= report_row.ONE_LINE else 2

    def _measure(self) -> None:
        # Nothing is wider than there is room; a width that never changes never has the screen laid out again.
        self.virtual_size = Size(1, len(self.order) * self.row_height)

    def on_resize(self, event: events.Resize) -> None:
        """The height of a row may have changed."""
        self._measure()
        self._follow()
        self._want()

    def move(self, by: int) -> None:
        """Move the cursor by reports."""
        self.cursor = max(0, min(self.cursor + by, len(self.order) - 1))

    def half(self, direction: int) -> None:
        """Move the cursor by half a page."""
        self.move(direction * max(1, self.size.height // self.row_height // 2))

    def top(self) -> None:
        """The first report."""
        self.cursor = 0

    def bottom(self) -> None:
        """The last one."""
        self.cursor = max(0, len(self.order) - 1)

    def select(self, report_id: int) -> bool:
        """Put the cursor on a report, if it is in the list."""
        place = self.place(report_id)
        if place is not None:
            self.cursor = place
        return place is not None

    def _follow(self) -> None:
        """Have the cursor in sight; at an edge the list moves on by half a page, one picture for many moves."""
        top, height, row = int(self.scroll_offset.y), self.size.height, self.row_height
        first, some = self.cursor * row, height // row // 2 * row
        if first < top:
            self.jump(first + row - some if first + row > some else 0)
        elif height and first + row > top + height:
            self.jump(first - height + some)

    def _repaint(self, place: int) -> None:
        self.repaint_lines(place * self.row_height, self.row_height)

    def watch_cursor(self, before: int, after: int) -> None:
        """Draw the rows between, and follow with the scroll position."""
        if before == after:
            return
        far = abs(after - before) > 1 and self._anchor is not None
        for place in range(min(before, after), max(before, after) + 1) if far else (before, after):
            self._repaint(place)
        self._follow()
        self._want()
        self.post_message(self.Moved())

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """What comes into sight may have to be read."""
        super().watch_scroll_y(old_value, new_value)
        if round(old_value) != round(new_value):
            self._want()

    def on_focus(self) -> None:
        """The cursor looks different with the focus."""
        self._repaint(self.cursor)

    def on_blur(self) -> None:
        """And without."""
        self._repaint(self.cursor)

    def on_click(self, event: events.Click) -> None:
        """A click selects, a second one opens."""
        place = (event.y + int(self.scroll_offset.y)) // self.row_height
        if 0 <= place < len(self.order):
            self.cursor = place
            if event.chain == 2:
                self.post_message(self.Chosen())

    # Drawing -------------------------------------------------------------------------------------------------

    def render_line(self, y: int) -> Strip:
        """One line of the list."""
        cells = self.scrollable_content_region.width
        place, part = divmod(y + int(self.scroll_offset.y), self.row_height)
        if place >= len(self.order):
            return self.strip([], cells)
        report, here = self.order[place], place == self.cursor
        card, looking = self._cards.get(report), self._looking.get(report, ())
        if card is not None:
            self._drawn[report] = words.age(card["last_seen"])
        room = cells - 4
        if card is None:
            spans = report_row.waiting(room) if part == 0 else []
        elif self.row_height == 1:
            spans = report_row.wide(card, room, looking)
        else:
            spans = report_row.first(card, room) if part == 0 else report_row.second(card, room, looking)
        marked = report in self.marks or place in self._range()
        left = report_row.gutter(here=here, marked=marked, unread=bool(card and card["unread"]) and part == 0)
        row = ("cursor" if self.has_focus else "idle") if here else ""
        return self.strip([*left, *spans, (" ", "")], cells, row)
