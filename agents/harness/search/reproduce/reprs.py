"""Reading a `repr`: the parts between angle brackets are set aside, so that the rest parses as an expression."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass

_STRING = re.compile(r"""[bB]?(?:'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")""", re.DOTALL)
_PLACE = re.compile(r"^_angle_(\d+)_$")
_CUT = ("...", "…")
LONGEST = 2_000  # characters of a value that the intake keeps


class Unbuildable(Exception):
    """A value cannot be rebuilt; the message is what is said of it after its name: "is an open file"."""


@dataclass(frozen=True)
class Parsed:
    """An expression, and the texts that stood between angle brackets in it."""

    node: ast.expr
    angles: tuple[str, ...]

    def angle(self, name: str) -> str | None:
        """What stood where this name stands now; None when it is a name of the repr's own."""
        found = _PLACE.match(name)
        return self.angles[int(found[1])] if found and int(found[1]) < len(self.angles) else None


def read(text: str) -> Parsed:
    """A repr as an expression.

    Raises:
        Unbuildable: it was cut, or it is no expression.
    """
    angles: list[str] = []
    out, at = [], 0
    while at < len(text):
        if string := _STRING.match(text, at):
            out.append(string[0])
            at = string.end()
        elif text[at] == "<":
            end = _closing(text, at)
            out.append(f"_angle_{len(angles)}_")
            angles.append(text[at + 1 : end])
            at = end + 1
        else:
            out.append(text[at])
            at += 1
    try:
        node = ast.parse("".join(out).strip(), mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        if was_cut(text):
            raise Unbuildable("was cut short by the SDK") from None
        raise Unbuildable(f"is shown only as {shown(text)}") from None
    return Parsed(node, tuple(angles))


def shown(text: str) -> str:
    """A repr for people: one line, not long."""
    flat = " ".join(text.split())
    return flat if len(flat) <= 80 else f"{flat[:79]}…"


def was_cut(text: str) -> bool:
    """Whether a text that is no expression looks like the beginning of one."""
    opened = text.startswith(("'", '"', "b'", 'b"')) and not _STRING.fullmatch(text)
    return opened or text.endswith(_CUT) or len(text) >= LONGEST


def _closing(text: str, start: int) -> int:
    """Where the bracket that opens at `start` is closed; strings and inner brackets are passed over."""
    depth, at = 0, start
    while at < len(text):
        string = _STRING.match(text, at)
        if string and text[at - 1] in "=( ,[{:":  # an apostrophe within words opens no string
            at = string.end()
            continue
        if text[at] == "<":
            depth += 1
        elif text[at] == ">" and text[at - 1] != "-":
            depth -= 1
            if depth == 0:
                return at
        at += 1
    raise Unbuildable("was cut short by the SDK" if was_cut(text) else f"is shown only as {shown(text)}")
