"""What the store should hold after any sequence of decisions, undos and redos: a model that knows no journal.

Each column of a report (and each question) is a cell. A cell remembers which act wrote it last, and an act what each of
its cells was and who wrote it before. An act can be taken back while all of its cells are still its own.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

Cell = tuple[str, int, str]
WORKING = {"queued", "investigating", "proposing"}


@dataclass(eq=False)
class Act:
    """What one entry of the journal did."""

    entry: int
    who: str
    verb: str
    report: int
    batch: str = ""
    undone: bool = False
    undone_by: object = None  # the undo that took it back, and whatever else with it
    note: str = ""  # what it wrote down, which is there while it stands
    was: dict[Cell, tuple[Any, object]] = field(default_factory=dict)  # cell → value and writer before
    now: dict[Cell, Any] = field(default_factory=dict)
    # Of a join or split: which report has what it moved, and which had it.
    has: int = 0
    had: int = 0
    parted: bool = False  # whether the two are apart now
    signals: set[str] = field(default_factory=set)
    places: set[str] = field(default_factory=set)
    since: set[str] = field(default_factory=set)  # the signals there were when it was done
    standing: frozenset[int] = frozenset()  # the acts that stood on `has` then


class Model:
    """The store as it should be."""

    def __init__(self) -> None:
        self.cells: dict[Cell, Any] = {}
        self.writer: dict[Cell, object] = {}
        self.signals: dict[str, int] = {}  # name → report
        self.place: dict[str, str] = {}  # signal → where it crashed
        self.keys: dict[str, int] = {}  # place → report
        self.acts: list[Act] = []
        self.redoable: dict[str, list[Act]] = {"kim": [], "robin": []}

    # What happens -------------------------------------------------------------------------------------------

    def get(self, report: int, column: str) -> Any:
        return self.cells[("report", report, column)]

    def write(self, cells: dict[Cell, Any], writer: object) -> None:
        """Somebody who is not to be undone wrote this."""
        for cell, value in cells.items():
            if self.cells.get(cell) == value:
                continue
            if (self.cells.get(cell), value) != ("queued", "investigating"):
                self.writer[cell] = writer
            self.cells[cell] = value

    def act(self, act: Act, cells: dict[Cell, Any]) -> Act:
        """A person decided."""
        self._put(act, cells)
        self.acts.append(act)
        self.redoable[act.who].clear()
        return act

    def _put(self, act: Act, cells: dict[Cell, Any]) -> None:
        changed = {cell: value for cell, value in cells.items() if self.cells.get(cell) != value}
        act.was = {cell: (self.cells.get(cell), self.writer.get(cell)) for cell in changed}
        act.now = changed
        for cell, value in changed.items():
            self.cells[cell], self.writer[cell] = value, act

    def notes(self) -> list[tuple[int, str]]:
        return sorted((act.report, act.note) for act in self.acts if act.note and not act.undone)

    # Turning ------------------------------------------------------------------------------------------------

    def standing_on(self, report: int) -> frozenset[int]:
        return frozenset(act.entry for act in self.acts if act.report == report and not act.undone)

    def to_undo(self, who: str) -> list[Act]:
        mine = [act for act in self.acts if act.who == who and not act.undone]
        if not mine or not mine[-1].batch:
            return mine[-1:]
        return [act for act in reversed(mine) if act.batch == mine[-1].batch]

    def to_redo(self, who: str) -> list[Act]:
        if not self.redoable[who]:
            return []
        top = self.redoable[who][-1]
        return [act for act in self.acts if act.undone and act.undone_by is top.undone_by]

    def turn(self, acts: list[Act]) -> int:
        """Turn each that can be; returns how many were."""
        count, undo = 0, object()
        for act in acts:
            if act.verb in ("join", "split"):
                done = self._turn_signals(act)
            else:
                done = self._can(act)
                if done:
                    self._back(act)
            if not done:
                continue
            count += 1
            act.undone = not act.undone
            if act.undone:
                act.undone_by = undo
                self.redoable[act.who].append(act)
            else:
                self.redoable[act.who].remove(act)
        return count

    def _same(self, cell: Cell, expected: Any) -> bool:
        found = self.cells.get(cell)
        return found == expected or (expected == "queued" and found == "investigating")

    def _can(self, act: Act) -> bool:
        if act.undone:
            return all(
                self.writer.get(cell) is writer and self._same(cell, resumed(value))
                for cell, (value, writer) in act.was.items()
            )
        return all(self.writer[cell] is act and self._same(cell, value) for cell, value in act.now.items())

    def _back(self, act: Act) -> None:
        for cell, (value, writer) in act.was.items():
            if act.undone:
                self.cells[cell], self.writer[cell] = act.now[cell], act
            else:
                self.cells[cell], self.writer[cell] = resumed(value), writer

    # Signals ------------------------------------------------------------------------------------------------

    def pour(self, act: Act, source: int, into: int) -> None:
        act.signals = {name for name, report in self.signals.items() if report == source}
        act.places = {place for place, report in self.keys.items() if report == source}
        self._move(act.signals, act.places, source, into)
        self._settle(act, into, source, parted=False)

    def draw(self, act: Act, source: int, into: int) -> None:
        late = {
            n for n, r in self.signals.items() if r == source and n not in act.since and self.place[n] in act.places
        }
        act.signals |= late
        self._move(act.signals, act.places, source, into)
        self._settle(act, into, source, parted=True)

    def take_out(self, act: Act, source: int, into: int, signals: set[str]) -> None:
        staying = {self.place[n] for n, report in self.signals.items() if report == source and n not in signals}
        act.signals, act.places = set(signals), {self.place[name] for name in signals} - staying
        self._move(act.signals, act.places, source, into)
        self._settle(act, into, source, parted=True)

    def _move(self, signals: set[str], places: set[str], source: int, into: int) -> None:
        for name in signals:
            if self.signals[name] == source:
                self.signals[name] = into
        for place in places:
            if self.keys.get(place) == source:
                self.keys[place] = into

    def _settle(self, act: Act, has: int, had: int, *, parted: bool) -> None:
        act.has, act.had, act.parted = has, had, parted
        act.since, act.standing = set(self.signals), self.standing_on(has)

    def _turn_signals(self, act: Act) -> bool:
        has, had = act.has, act.had
        return self._join_again(act, has, had) if act.parted else self._part(act, has, had)

    def _part(self, act: Act, has: int, had: int) -> bool:
        joined = self.get(had, "status") == "merged_into" and self.get(had, "merged_into") == has
        if not joined or self.get(has, "status") == "merged_into":
            return False
        before, writers = {c: resumed(v) for c, (v, _) in act.was.items()}, {c: w for c, (_, w) in act.was.items()}
        self.draw(act, has, had)
        act.standing -= {act.entry}
        for cell, value in before.items():
            self.cells[cell], self.writer[cell] = value, writers[cell]
        return True

    def _join_again(self, act: Act, has: int, had: int) -> bool:
        if self.get(had, "status") == "merged_into" or self.get(has, "status") in ("merged_into", "declined"):
            return False
        if self.standing_on(has) - {act.entry} != act.standing:
            return False
        self.pour(act, has, had)
        self._put(
            act,
            {("report", has, "status"): "merged_into", ("report", has, "merged_into"): had,
             ("report", has, "declined_as"): ""},
        )  # fmt: skip
        return True


def resumed(value: Any) -> Any:
    """An investigation that was cut off begins again."""
    return "queued" if value == "investigating" else value
