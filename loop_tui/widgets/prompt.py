"""The line at the bottom where a filter or a command is typed."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from textual import events
from textual.suggester import SuggestFromList
from textual.widgets import Input

from loop_tui.widgets.field import Harmless


class Prompt(Input):
    """One text field with a purpose; hidden while nothing is typed."""

    FILTER: ClassVar[str] = "p:0-1 source:sentry status:ready users:>20 seen:<2d is:unread mine -word"

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id, compact=True, highlighter=Harmless())
        self.display = False
        self._typed: Callable[[str], None] | None = None
        self._sent: Callable[[str], None] | None = None
        self._left: Callable[[], None] | None = None

    def ask(
        self, value: str = "", *, hint: str, words: list[str] | None = None, typed: Callable[[str], None] | None = None,
        sent: Callable[[str], None], left: Callable[[], None] | None = None,
    ) -> None:  # fmt: skip
        """Take the keys.

        Args:
            value: what stands there first.
            hint: shown while it is empty.
            words: completions; the right arrow or tab takes one.
            typed: called with each change.
            sent: called with the text on enter.
            left: called when it is left with escape.
        """
        self._typed, self._sent, self._left = None, sent, left
        self.placeholder = hint
        self.suggester = SuggestFromList(words, case_sensitive=False) if words else None
        self.value = value
        self.cursor_position = len(value)
        self._typed = typed
        self.display = True
        self.screen.set_focus(self)

    def take(self, event: events.Key) -> bool:
        """A key that was on its way to another widget when this one opened: what is typed fast is text as well."""
        if not event.is_printable or event.character is None:
            return False
        self.insert_text_at_cursor(event.character)
        return True

    def on_input_changed(self, event: Input.Changed) -> None:
        """Tell what is typed."""
        event.stop()
        if self._typed is not None and self.display:
            self._typed(event.value)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Tell what was typed, and go."""
        event.stop()
        self.close()
        if self._typed is not None:
            self._typed(event.value)  # enter may come before the last letter was told
        if self._sent is not None:
            self._sent(event.value)

    def leave(self) -> None:
        """Go without sending."""
        self.close()
        if self._left is not None:
            self._left()

    def close(self) -> None:
        """Hide, and give the keys back."""
        self.display = False
        self.screen.set_focus(None)

    def complete(self) -> None:
        """Take the completion that is shown."""
        self.action_cursor_right()
