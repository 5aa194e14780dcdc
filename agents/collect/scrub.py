"""Secrets out of what SDKs captured: by the name of a key and by the shape of a value.

Types are kept: a scrubbed string is still a string, so that a reproduction can use the rest of a call. Scrubbing twice
gives the same result.
"""

from __future__ import annotations

import re
from typing import Any

MARK = "[scrubbed]"

_NAMES = re.compile(
    r"(?i)(pass(wd|word|phrase)?$|passw|secret|token|api_?key|apikey|auth(orization|entication)?$|credential|cookie|"
    r"session_?id|sessionid|csrf|xsrf|private_?key|access_?key|card_?(number|no)|cvv|cvc|ssn|iban|dsn$|bearer)"
)
_VALUES = re.compile(
    r"-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)"
    r"|\b(?:AKIA|ASIA)[0-9A-Z]{16}\b"
    r"|\beyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*"
    r"|\b[sr]k_(?:live|test)_\w{10,}"
    r"|\bgh[pousr]_\w{20,}|\bgithub_pat_\w{20,}|\bglpat-[\w-]{16,}|\bxox[abpr]-[\w-]{10,}"
    r"|(?<=[Bb]earer )[\w.~+/=-]{8,}|(?<=[Bb]asic )[\w+/=]{8,}"
    r"|(?<=://)[^/\s:@'\"]{1,100}:[^/\s@'\"]{1,200}(?=@)"
)
_DIGITS = re.compile(r"\b\d(?:[ -]?\d){12,18}\b")
_PAIRS = re.compile(
    r"(?i)\b([\w-]*(?:password|passwd|secret|token|api_?key)[\w-]*)(=|%3D|\": ?\"|': ?')([^&\s'\"]{1,400})"
)


def _luhn(match: re.Match[str]) -> str:
    digits = [int(c) for c in match[0] if c.isdigit()]
    total = 0
    for position, digit in enumerate(reversed(digits)):
        doubled = digit * 2 if position % 2 else digit
        total += doubled - 9 if doubled > 9 else doubled
    return MARK if total % 10 == 0 and len(set(digits)) > 1 else match[0]


def text(value: str) -> str:
    """A string without secrets in it."""
    if len(value) < 8:
        return value
    cleaned = _VALUES.sub(MARK, value)
    cleaned = _PAIRS.sub(lambda m: f"{m[1]}{m[2]}{MARK}", cleaned)
    return _DIGITS.sub(_luhn, cleaned)


def scrub(value: Any, depth: int = 0) -> Any:
    """A JSON value without secrets in it, at most 40 levels deep."""
    if depth > 40:
        return "…"
    if isinstance(value, str):
        return text(value)
    if isinstance(value, dict):
        return {key: _named(str(key), item, depth) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_pair(item, depth) for item in value]
    return value


def _named(name: str, value: Any, depth: int) -> Any:
    if _NAMES.search(name) and not isinstance(value, dict | list | bool | type(None)):
        # Sentry writes Python values as their repr: the quotes stay, so that it still reads as a string.
        quoted = isinstance(value, str) and value[:1] in "'\"" and value[:1] == value[-1:] and len(value) > 1
        return f"{value[0]}{MARK}{value[0]}" if quoted else "None" if value == "None" else MARK
    return scrub(value, depth + 1)


def _pair(item: Any, depth: int) -> Any:
    # Headers and query strings also come as lists of [name, value].
    if isinstance(item, list | tuple) and len(item) == 2 and isinstance(item[0], str):
        return [item[0], _named(item[0], item[1], depth + 1)]
    return scrub(item, depth + 1)
