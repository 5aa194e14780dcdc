"""Outside text made safe to show: control characters become visible, nothing can steer a terminal."""

from __future__ import annotations

import re
import unicodedata

# C0 (but newline and tab), DEL, C1, and what is not seen or reorders and hides other text: bidi controls, zero-width
# characters, fillers, line and paragraph separators, variation selectors, tags, surrogates. Besides, the signs that
# make one picture of several, because no two terminals agree on how wide that is: a row would leave its columns.
_UNSAFE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2028-\u202e"
    "\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\U0001bca0-\U0001bca3\U0001d173-\U0001d17a"
    "\U0001f1e6-\U0001f1ff\U0001f3fb-\U0001f3ff\U000e0000-\U000e0fff\ud800-\udfff]"
)
# After a sign, one of these only asks for its picture or its letter form.
_FORM = re.compile("(?<=[^\x00-\x20\x7f-\xa0\ufe00-\ufe0f])[\ufe0e\ufe0f](?![\ufe00-\ufe0f])")


def _shown(match: re.Match[str]) -> str:
    code = ord(match[0])
    if code < 0x20:
        return chr(0x2400 + code)
    return "␡" if code == 0x7F else f"<U+{code:04X}>"


def visible(text: object) -> str:
    """The text with every control and hidden character shown as a picture or `<U+…>`; newlines and tabs stay."""
    given = str(text)
    return given if given.isascii() and given.isprintable() else _UNSAFE.sub(_shown, _FORM.sub("", given))


def _escaped(match: re.Match[str]) -> str:
    return re.sub("(....)", r"\\u\1", match[0].encode("utf-16-be", "surrogatepass").hex())


def visible_json(text: str) -> str:
    """JSON text with the same characters escaped, so that it says the same and is safe on a terminal."""
    return _UNSAFE.sub(_escaped, text)


def one_line(text: object, limit: int = 0) -> str:
    """`visible` on a single line, cut to `limit` characters with an ellipsis (0: uncut)."""
    given = str(text)
    most = limit * 8 + 64  # a megabyte is not read to show forty characters of it
    flat = " ".join(visible(given[:most] if limit else given).split())
    cut = limit and (len(flat) > limit or len(given) > most)
    return f"{flat[: limit - 1]}…" if cut else flat


def counted(number: int, word: str) -> str:
    """`1 user`, `3 users`."""
    return f"{number} {word}" if number == 1 else f"{number} {word}s"


def width(text: str) -> int:
    """How many terminal cells the text takes: wide characters two, combining ones none."""
    cells = 0
    for char in text:
        if unicodedata.combining(char):
            continue
        cells += 2 if unicodedata.east_asian_width(char) in "WF" else 1
    return cells
