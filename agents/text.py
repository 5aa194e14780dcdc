"""Outside text made safe to show: control characters become visible, nothing can steer a terminal."""

from __future__ import annotations

import re
import unicodedata

# C0 (but newline and tab), DEL, C1, and the invisible characters that reorder or hide text: bidi controls, zero-width
# characters, line and paragraph separators, tags, surrogates.
_UNSAFE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\U000e0000-\U000e007f\ud800-\udfff]"
)


def _shown(match: re.Match[str]) -> str:
    code = ord(match[0])
    if code < 0x20:
        return chr(0x2400 + code)
    return "␡" if code == 0x7F else f"<U+{code:04X}>"


def visible(text: object) -> str:
    """The text with every control and hidden character shown as a picture or `<U+…>`; newlines and tabs stay."""
    return _UNSAFE.sub(_shown, str(text))


def _escaped(match: re.Match[str]) -> str:
    return re.sub("(....)", r"\\u\1", match[0].encode("utf-16-be", "surrogatepass").hex())


def visible_json(text: str) -> str:
    """JSON text with the same characters escaped, so that it says the same and is safe on a terminal."""
    return _UNSAFE.sub(_escaped, text)


def one_line(text: object, limit: int = 0) -> str:
    """`visible` on a single line, cut to `limit` characters with an ellipsis (0: uncut)."""
    flat = " ".join(visible(text).split())
    return f"{flat[: limit - 1]}…" if limit and len(flat) > limit else flat


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
