"""What every text field needs: what was pasted into it, or stood in it, steers no terminal."""

from __future__ import annotations

from rich.highlighter import Highlighter
from rich.text import Text

from agents.text import visible


def drawn(text: str) -> str:
    """Text as a field draws it: one sign for each character, so that the cursor stands where it should."""
    if visible(text) == text:
        return text
    return "".join(char if visible(char) == char else "�" for char in text)


class Harmless(Highlighter):
    """Draws the text of a Textual `Input` safely; the value stays as it is."""

    def highlight(self, text: Text) -> None:
        """Put signs in place of what must not reach the terminal."""
        text.plain = drawn(text.plain)
