"""Any JSON value brought into bounds that both databases take: no NUL, no lone surrogate, no endless text."""

from __future__ import annotations

import re
from typing import Any

_REFUSED = re.compile("[\x00\ud800-\udfff]")


def line(value: Any, limit: int = 300) -> str:
    """A value as one line of text."""
    return " ".join(words(value, limit * 4).split())[:limit]


def words(value: Any, limit: int = 20_000) -> str:
    """A value as text, cut to `limit` characters, without what a database refuses."""
    if value is None:
        return ""
    text = value if isinstance(value, str) else str(value)
    return _REFUSED.sub("\ufffd", text[:limit])


def bounded(value: Any, *, limit: int = 2_000, items: int = 100, depth: int = 0) -> Any:
    """A JSON value with long strings cut, long lists shortened and deep nesting flattened."""
    if isinstance(value, str):
        return words(value, limit)
    if isinstance(value, bool | int | type(None)):
        return value if not isinstance(value, int) or abs(value) < 2**63 else str(value)
    if isinstance(value, float):
        return value if value == value and abs(value) != float("inf") else str(value)
    if depth > 12:
        return "…"
    if isinstance(value, dict):
        kept = list(value.items())[:items]
        return {words(k, 200): bounded(v, limit=limit, items=items, depth=depth + 1) for k, v in kept}
    if isinstance(value, list | tuple):
        return [bounded(item, limit=limit, items=items, depth=depth + 1) for item in value[:items]]
    return words(value, limit)
