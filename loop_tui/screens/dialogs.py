"""The dialog to choose one of some things by number, to write words, or both."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from textual import events
from textual.binding import BindingType
from textual.widget import Widget
from textual.widgets import Input

from loop_tui.screens.dialog import Dialog
from loop_tui.widgets.canvas import Bar
from loop_tui.widgets.field import Harmless
from loop_tui.widgets.lines import Line, line

Json = dict[str, Any]


@dataclass(frozen=True)
class Option:
    """One thing to choose.

    Args:
        label: what is chosen.
        detail: more about it.
        value: what the caller gets.
    """

    label: str
    detail: str = ""
    value: str = ""


@dataclass(frozen=True)
class Chosen:
    """What a dialog came back with: the option's place (None: none) and the words."""

    place: int | None
    text: str


class Ask(Dialog[Chosen | None]):
    """Choose one of some options by number, write words, or both.

    Args:
        title: the question.
        about: what it is about.
        options: what can be chosen; none: only words.
        words: the label of the text field; empty: there is none.
        need_words: whether words are required; with options, only for the last one.
        does: what enter does.
    """

    BINDINGS: ClassVar[list[BindingType]] = [("escape", "dismiss(None)", "Back")]

    def __init__(
        self, title: str, about: Sequence[Line], options: Sequence[Option], words: str, *,
        need_words: bool = False, does: str = "send",
    ) -> None:  # fmt: skip
        super().__init__()
        self._title, self._about, self._options = title, list(about), list(options)
        self._words, self._need, self._does = words, need_words, does
        self.place = 0
        self._at: list[tuple[int, int]] = []  # first line and number of lines of each option

    def extra(self) -> Iterable[Widget]:
        """The field for words."""
        if self._words:
            yield Input(placeholder=self._words, id="words", compact=True, highlighter=Harmless())

    def on_mount(self) -> None:
        """Show the options; the keys go to them first."""
        self.query_one("#title", Bar).say([(self._title, "bold")])
        many = f"1–{min(9, len(self._options))} choose · " if self._options else ""
        many += "tab words · " if self._options and self._words else ""
        self.query_one("#keys", Bar).say([(f"{many}enter {self._does} · esc back", "dim")])
        self._draw()
        self.query_one("#options" if self._options else "#words").focus()

    def _draw(self) -> None:
        lines = [*self._about, Line()] if self._about else []
        self._at = []
        for number, option in enumerate(self._options):
            here, first = number == self.place, len(lines)
            mark = ("❯ " if here else "  ", "accent")
            beside = f"  {option.detail}" if option.detail and len(option.label + option.detail) < 60 else ""
            label = (option.label, "bold" if here else "")
            lines.append(line(mark, (f"{number + 1}  ", "accent"), label, (beside, "dim"), hang=5))
            if option.detail and not beside:
                lines.append(line((option.detail, "dim"), indent=5))
            self._at.append((first, len(lines) - first))
        self.view.show(lines, keep=True)

    def _choose(self, place: int) -> None:
        if not self._options:
            return
        self.place = place
        self._draw()
        self.view.reveal(*self._at[place])

    def on_key(self, event: events.Key) -> None:
        """Numbers and j/k choose, tab goes to the words, enter sends."""
        writing = isinstance(self.focused, Input)
        if event.key == "tab" or event.key == "shift+tab":
            if self._words:
                self.query_one("#options" if writing and self._options else "#words").focus()
        elif event.key == "enter" and not writing:
            self._send()
        elif not writing and event.key in ("j", "down", "k", "up"):
            step = 1 if event.key in ("j", "down") else -1
            self._choose(max(0, min(self.place + step, len(self._options) - 1)))
        elif not writing and event.character and event.character.isdigit():
            number = int(event.character)
            if not 1 <= number <= len(self._options):
                return
            self._choose(number - 1)
            if self._must_write():
                self.query_one("#words").focus()
        else:
            return
        event.stop()
        event.prevent_default()

    def on_input_submitted(self) -> None:
        """Enter in the text field sends too."""
        self._send()

    def _must_write(self) -> bool:
        return self._need and (not self._options or self.place == len(self._options) - 1)

    def _send(self) -> None:
        if self._options and self.view.reveal(*self._at[self.place]):
            return  # nobody sends a choice that was out of sight: it is shown first, the next enter sends it
        text = self.query_one("#words", Input).value.strip() if self._words else ""
        if self._must_write() and not text:
            self.query_one("#keys", Bar).say([("Write it in words first. ", "warn"), ("esc back", "dim")])
            self.query_one("#words").focus()
            return
        self.dismiss(Chosen(self.place if self._options else None, text))
