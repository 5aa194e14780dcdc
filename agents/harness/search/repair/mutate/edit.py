"""A change as text: between which characters of a file something else is put."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Edit:
    """A replacement of the text between two character offsets of one file."""

    start: int
    end: int
    text: str


@dataclass(frozen=True)
class Mutant:
    """One possible change to a function.

    `prior` says how often edits of this template repair in general (1.0 is the most), `silencing` that it ends a
    failure by leaving out what the code was meant to do, `line` is where it stands in the file before the edit.
    """

    edits: tuple[Edit, ...]
    line: int
    template: str
    prior: float
    silencing: bool = False

    def applied(self, text: str) -> str:
        """The file with the change in it."""
        for edit in sorted(self.edits, key=lambda e: -e.start):
            text = text[: edit.start] + edit.text + text[edit.end :]
        return text

    def shifted(self, text: str, start: int, end: int) -> str:
        """The part of the file between two offsets of it, with the change."""
        for edit in sorted(self.edits, key=lambda e: -e.start):
            text = text[: edit.start] + edit.text + text[edit.end :]
            end += len(edit.text) - (edit.end - edit.start)
        return text[start:end]

    @property
    def size(self) -> int:
        """Characters taken out and put in."""
        return sum(edit.end - edit.start + len(edit.text) for edit in self.edits)
