"""Where a comment is written, and kept while it is: a killed screen loses at most the last third of a second."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import ClassVar

from rich.text import Text
from textual import events
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.message import Message
from textual.widgets import TextArea

from agents.inbox import Refused
from loop_tui.widgets.canvas import Bar
from loop_tui.widgets.field import drawn

_DELAY = 0.3  # seconds from the first unsaved key until it is saved

Keep = Callable[[str], Awaitable[None]]


class _Text(TextArea):
    """A text field in which what was pasted steers no terminal."""

    def get_line(self, line_index: int) -> Text:
        """A line as it is drawn."""
        line = super().get_line(line_index)
        shown = drawn(line.plain)
        return Text(shown, end="", no_wrap=True) if shown != line.plain else line


class CommentEditor(Vertical):
    """A few lines of text under the diff."""

    BINDINGS: ClassVar[list[BindingType]] = [
        ("escape", "close(False)", "Back, the draft is kept"),
        ("ctrl+g", "close(True)", "Send"),
    ]

    class Closed(Message):
        """The editor is done; `send`: the review is to be sent now."""

        def __init__(self, send: bool) -> None:
            super().__init__()
            self.send = send

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._keep: Keep | None = None
        self._title = ""
        self._saved = ""
        self._waiting = False
        self._one_at_a_time = asyncio.Lock()

    def compose(self) -> ComposeResult:
        """What it is about, the text."""
        yield Bar(id="comment-about")
        yield _Text(id="comment-text", soft_wrap=True, tab_behavior="focus", compact=True)

    def on_mount(self) -> None:
        """Its cursor does not blink."""
        self._area.cursor_blink = False

    @property
    def _area(self) -> TextArea:
        return self.query_one("#comment-text", TextArea)

    @property
    def text(self) -> str:
        """What is written."""
        return self._area.text

    @property
    def kept(self) -> bool:
        """Whether all that is written is saved."""
        return self.text == self._saved

    def open(self, title: str, text: str, keep: Keep) -> None:
        """Write about `title`, starting from `text`; `keep` is called with what is to be saved, "" drops it."""
        self._title, self._saved, self._keep = title, text, keep
        self._area.load_text(text)
        self._area.move_cursor(self._area.document.end)
        self.display = True
        self._say("kept as you write" if not text else "kept")
        self.screen.set_focus(self._area)

    def take(self, event: events.Key) -> bool:
        """A key that was on its way to another widget when this one opened: what is typed fast is text as well."""
        text = "\n" if event.key == "enter" else (event.character or "") if event.is_printable else ""
        if text:
            self._area.insert(text)
        return bool(text)

    def _say(self, state: str, *, warn: bool = False) -> None:
        right = [(f"{state} ", "warn" if warn else "dim")]
        keys = [
            (self._title, "bold"),
            ("   esc", "accent"),
            (" keep · ", "dim"),
            ("ctrl+g", "accent"),
            (" send", "dim"),
        ]
        self.query_one("#comment-about", Bar).say(keys, right)

    def on_text_area_changed(self, event: TextArea.Changed) -> None:
        """Save soon. Keys that follow do not put it off."""
        event.stop()
        if self.display and not self._waiting and self.text != self._saved:
            self._waiting = True
            self.set_timer(_DELAY, self._later)

    async def _later(self) -> None:
        self._waiting = False
        await self.save()

    async def save(self) -> None:
        """Save what is not saved yet."""
        async with self._one_at_a_time:
            text, keep = self.text, self._keep
            if keep is None or text == self._saved:
                return
            try:
                await keep(text if text.strip() else "")
            except Refused as error:
                self._say(str(error), warn=True)
                return
            self._saved = text
            self._say("kept")

    async def action_close(self, send: bool) -> None:
        """Save and give the keys back."""
        await self.save()
        if self.text != self._saved:
            return  # it could not be saved: the reason is shown, the words stay
        self._keep = None
        self.display = False
        self.post_message(self.Closed(send))
