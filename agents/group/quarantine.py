"""Is a text an attempt to steer whoever reads it? Held back, with the reason, before anything reads it as text.

Only text written by people (tickets, feedback, messages) is judged by its words: source code and stack traces say
`ignore` and `exec` all the time.
"""

from __future__ import annotations

import re
from typing import Any

Json = dict[str, Any]

_OVERRIDE = re.compile(
    r"(?i)\b(ignore|disregard|forget|override)\b.{0,40}\b(all|any|previous|prior|above|earlier|your|the)\b.{0,30}"
    r"\b(instruction|prompt|rule|guideline|direction)s?\b"
    r"|\b(you are now|act as|pretend to be)\b.{0,40}\b(system|admin|root|developer mode|unrestricted)\b"
    r"|<\|?(im_start|system|assistant)\|?>|\[/?INST\]"
)
_EXFILTRATE = re.compile(
    r"(?i)\b(send|post|upload|forward|exfiltrate|leak|print|reveal)\b.{0,60}"
    r"\b(env(ironment)? variables?|secrets?|credentials|api[ _-]?keys?|ssh keys?|\.env\b|system prompt)\b"
)
_REMOTE = re.compile(
    r"(?i)\b(curl|wget)\b[^\n|]{0,200}\|\s*(sudo\s+)?(ba|z|da)?sh\b|\beval\s*\(\s*(atob|base64)|base64\s+(-d|--decode)\s*\|"
)
_HIDDEN = re.compile("[\U000e0000-\U000e007f]{4,}|[\u200b-\u200f\u2060-\u2064]{8,}|[\u202a-\u202e\u2066-\u2069]{2,}")


def judge(kind: str, title: str, body: str, payload: Json) -> str | None:
    """Why a signal is to be held back; None when it is not."""
    text = f"{title}\n{body}"
    if _HIDDEN.search(text):
        return "hidden characters that can carry instructions nobody sees"
    if kind in ("error", "health", "outcome", "scout") or payload.get("exceptions"):
        return None
    for pattern, why in (
        (_OVERRIDE, "tries to override instructions"),
        (_EXFILTRATE, "asks for secrets to be sent or shown"),
        (_REMOTE, "asks to run code from elsewhere"),
    ):
        if pattern.search(text):
            return why
    return None
