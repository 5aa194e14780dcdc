"""Source text as coloured spans."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from agents.text import visible
from loop_tui.widgets.words import Span

_WIDEST = 1000  # characters of one line that are coloured; the rest of it is drawn plain
_LARGEST = 300_000  # characters that are coloured at once


def highlight(lines: list[str], path: str) -> list[list[Span]]:
    """The lines as spans, coloured as the file's name says, with outside text made safe."""
    shown = [visible(text[:_WIDEST]).replace("\n", " ").expandtabs(4) for text in lines]
    hidden = [(f"… {len(text) - _WIDEST:,} more characters", "dim") if len(text) > _WIDEST else None for text in lines]
    if sum(map(len, shown)) > _LARGEST:
        made: list[list[Span]] = [[(text, "")] for text in shown]
    else:
        made = _coloured(shown, path)
    return [[*spans, more] if more else spans for spans, more in zip(made, hidden, strict=True)]


def _coloured(lines: list[str], path: str) -> list[list[Span]]:
    made: list[list[Span]] = [[]]
    lexer = _lexer(path.rsplit("/", 1)[-1])
    if lexer is None:
        return [[(text, "")] for text in lines]
    for token, text in lexer.get_tokens("\n".join(lines)):
        style = _style(token)
        for number, part in enumerate(text.split("\n")):
            if number:
                made.append([])
            if part:
                made[-1].append((part, style))
    made = made[: len(lines)]
    return made + [[] for _ in range(len(lines) - len(made))]


@lru_cache(maxsize=32)
def _lexer(name: str) -> Any:
    from pygments.lexers import get_lexer_for_filename  # costs too much for a start that shows a list
    from pygments.util import ClassNotFound

    try:
        return get_lexer_for_filename(name, stripnl=False, ensurenl=False)
    except ClassNotFound:
        return None


def _style(token: Any) -> str:
    from pygments.token import Token

    for kind, style in (
        (Token.Comment, "dim"), (Token.Literal.String, "good"), (Token.Literal.Number, "warn"),
        (Token.Keyword, "accent"), (Token.Operator.Word, "accent"), (Token.Name.Function, "bold"),
        (Token.Name.Class, "bold"), (Token.Name.Decorator, "dim"),
    ):  # fmt: skip
        if token in kind:
            return style
    return ""


def numbered(lines: list[str], first: int, path: str, mark: int = 0) -> list[list[Span]]:
    """Lines with their numbers, the line `mark` pointed at."""
    digits = max(2, len(str(first + len(lines))))
    made = []
    for number, spans in enumerate(highlight(lines, path), first):
        here = number == mark
        head = ("❯" if here else " ", "bad"), (f"{number:>{digits}}  ", "bold" if here else "dim")
        made.append([*head, *spans])
    return made
