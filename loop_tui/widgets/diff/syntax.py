"""Colours of code, made for what is in sight.

A file whose text is known is read from its start, so that strings and comments over many lines come out right; it is
read in slices, by whoever has time. Until then, and where only the diff is known, a hunk is read by itself.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from fnmatch import fnmatchcase
from typing import Any

from loop_tui.widgets.diff.parse import File, Hunk

Mark = tuple[int, int, str]  # from, to, style
_LONGEST = 2000  # characters of a line; a file with a longer one is data, and regexes are slow on it
# Endings that several languages share, and those met most, which then need no search.
_USUAL = {
    "py": "python", "js": "javascript", "mjs": "javascript", "jsx": "jsx", "ts": "typescript", "tsx": "tsx", "go": "go",
    "rs": "rust", "rb": "ruby", "java": "java", "kt": "kotlin", "c": "c", "h": "c", "cc": "cpp", "cpp": "cpp",
    "hpp": "cpp", "cs": "csharp", "php": "php", "swift": "swift", "m": "objective-c", "sql": "sql", "sh": "bash",
    "html": "html", "css": "css", "scss": "scss", "json": "json", "yaml": "yaml", "yml": "yaml", "toml": "toml",
    "md": "markdown", "xml": "xml", "vue": "vue", "ex": "elixir", "exs": "elixir", "scala": "scala", "lua": "lua",
    "pl": "perl", "r": "r", "tf": "terraform", "proto": "protobuf", "ini": "ini", "cfg": "ini", "txt": "text",
}  # fmt: skip
_NEAR = 200  # lines of a long hunk that are read together


def style_of(token: Any) -> str:
    """Our name for a kind of token, "" for plain text."""
    from pygments.token import Comment, Keyword, Literal, Name, Number, Operator, String

    kinds = (
        (Comment, "comment"), (Operator.Word, "keyword"), (Keyword, "keyword"), (String, "string"), (Number, "number"),
        (Keyword.Constant, "number"), (Name.Decorator, "name"), (Name.Function, "name"), (Name.Class, "name"),
        (Name.Tag, "keyword"), (Name.Builtin, "builtin"), (Name.Exception, "builtin"), (Name.Attribute, "builtin"),
        (Literal, "string"),
    )  # fmt: skip
    return next((style for kind, style in kinds if token in kind), "")


def lexer_for(path: str) -> Any:
    """The lexer of a file by its name, None when there is none.

    Pygments' own search asks every installed package for plugins, which takes longer than the rest of a first paint.
    """
    from pygments.lexers import get_all_lexers, get_lexer_by_name

    name = path.rpartition("/")[2]
    alias = _USUAL.get(name.rpartition(".")[2].lower(), "")
    if not alias:
        for _, aliases, patterns, _ in get_all_lexers(plugins=False):
            if aliases and any(fnmatchcase(name, pattern) for pattern in patterns):
                alias = aliases[0]
                break
    return get_lexer_by_name(alias, stripnl=False, ensurenl=False) if alias and alias != "text" else None


class _Text:
    """One text, read as far as somebody asked."""

    def __init__(self, lexer: Any, text: str, styles: dict[Any, str]) -> None:
        self.lines: list[list[Mark]] = [[]]
        self.done = False
        self._styles = styles
        self._tokens: Iterator[tuple[Any, str]] = iter(lexer.get_tokens(text))
        self._column = 0

    def read(self, lines: int, until: float = 0.0) -> None:
        """Go on until so many lines are whole, or until a moment of the monotonic clock."""
        count = 0
        while len(self.lines) <= lines and not self.done:
            try:
                token, value = next(self._tokens)
            except StopIteration:
                self.done = True
                return
            self._add(token, value)
            count += 1
            if until and count % 64 == 0 and time.monotonic() > until:
                return

    def _add(self, token: Any, value: str) -> None:
        style = self._styles.get(token)
        if style is None:
            style = self._styles[token] = style_of(token)
        first = True
        for part in value.split("\n"):
            if not first:
                self.lines.append([])
                self._column = 0
            first = False
            end = self._column + len(part)
            if style and part.strip():
                self.lines[-1].append((self._column, end, style))
            self._column = end


class Syntax:
    """Colours of the lines of a diff."""

    def __init__(self) -> None:
        self._styles: dict[Any, str] = {}
        self._lexers: dict[str, Any] = {}
        self._texts: dict[tuple[int, str], _Text] = {}
        self._alone: dict[tuple[int, str, int], dict[int, list[Mark]]] = {}

    def lexer(self, path: str) -> Any:
        """The lexer of a path, looked for once."""
        if path not in self._lexers:
            self._lexers[path] = lexer_for(path)
        return self._lexers[path]

    def has(self, file: File, side: str) -> bool:
        """Whether the text of that side of a file is known."""
        return (id(file), side) in self._texts

    def know(self, file: File, side: str, text: str) -> None:
        """Take the whole text of a side ("old" or "new") of a file."""
        lexer = self.lexer(file.path)
        if lexer is None or not text or any(len(line) > _LONGEST for line in text.split("\n")):
            return
        self._texts[id(file), side] = _Text(lexer, text.replace("\r\n", "\n"), self._styles)

    def advance(self, file: File, side: str, line: int, seconds: float) -> bool:
        """Read a known text on towards a line; whether it got there."""
        known = self._texts.get((id(file), side))
        if known is None:
            return True
        known.read(line, time.monotonic() + seconds)
        return known.done or len(known.lines) > line

    def marks(self, file: File, hunk: Hunk, place: int) -> list[Mark]:
        """Colours of the line at a place of a hunk."""
        lexer = self.lexer(file.path)
        if lexer is None:
            return []
        line = hunk.lines[place]
        side, number = ("old", line.old) if line.sign == "-" else ("new", line.new)
        known = self._texts.get((id(file), side))
        if known is not None and len(known.lines) > number:
            return known.lines[number - 1]
        return self._by_hunk(lexer, hunk, place, side)

    def _by_hunk(self, lexer: Any, hunk: Hunk, place: int, side: str) -> list[Mark]:
        near = place // _NEAR
        key = (id(hunk), side, near)
        if key not in self._alone:
            skip = "+" if side == "old" else "-"
            first = near * _NEAR
            places = [
                first + at for at, line in enumerate(hunk.lines[first : first + _NEAR]) if line.sign != skip
            ]  # fmt: skip
            self._alone[key] = dict(zip(places, self._read(lexer, (hunk.lines[at].text for at in places)), strict=True))
        return self._alone[key].get(place, [])

    def _read(self, lexer: Any, lines: Iterable[str]) -> list[list[Mark]]:
        shown = [line.removesuffix("\r") if len(line) <= _LONGEST else "" for line in lines]
        text = _Text(lexer, "\n".join(shown), self._styles)
        text.read(len(shown) + 1)
        return [text.lines[at] if at < len(text.lines) else [] for at in range(len(shown))]
