"""What is pasted is text, never keys. Textual's private way of reading a terminal is known in this one file.

An escape inside a bracketed paste ends it for Textual 8, and what follows arrives as keys: a copied text with two
escapes in it would leave the field it was pasted into and press the rest, `m` and enter among it. Many terminals take
escapes out of what is pasted, tmux does not.
"""

from __future__ import annotations

from collections.abc import Iterable

from textual._parser import Parser
from textual._xterm_parser import XTermParser
from textual.message import Message

_START, _END = "\x1b[200~", "\x1b[201~"
_SHOWN = "␛"


class Pastes:
    """Makes escapes inside pastes visible, in a stream that comes in pieces cut anywhere."""

    def __init__(self) -> None:
        self._inside = False
        self._before = ""  # the end of what went by outside a paste: a start may be cut in two
        self._held = ""  # the start of what may be the end of a paste

    def clean(self, data: str) -> str:
        """The next piece."""
        made: list[str] = []
        rest = self._held + data
        self._held = ""
        while rest:
            rest = self._pasted(rest, made) if self._inside else self._typed(rest, made)
        return "".join(made)

    def _typed(self, rest: str, made: list[str]) -> str:
        seen = self._before + rest
        at = seen.find(_START)
        if at < 0:
            self._before = seen[1 - len(_START) :]
            made.append(rest)
            return ""
        end = at + len(_START) - len(self._before)
        made.append(rest[:end])
        self._inside, self._before = True, ""
        return rest[end:]

    def _pasted(self, rest: str, made: list[str]) -> str:
        at = rest.find(_END)
        if at >= 0:
            made += [rest[:at].replace("\x1b", _SHOWN), _END]
            self._inside = False
            return rest[at + len(_END) :]
        cut = next((n for n in range(min(len(_END) - 1, len(rest)), 0, -1) if rest.endswith(_END[:n])), 0)
        self._held = rest[len(rest) - cut :]
        made.append(rest[: len(rest) - cut].replace("\x1b", _SHOWN))
        return ""


def _feed(self: XTermParser, data: str) -> Iterable[Message]:
    cleaned = self.__dict__.setdefault("_loop_pastes", Pastes()).clean(data)
    # Nothing would mean the end of the stream to the parser.
    return Parser.feed(self, cleaned) if cleaned or not data else ()


def guard_pastes() -> None:
    """Have every terminal of this process read so."""
    XTermParser.feed = _feed  # type: ignore[method-assign]
