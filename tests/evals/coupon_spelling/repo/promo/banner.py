"""The line above the basket."""

from __future__ import annotations

from promo.codes import find


def banner_percent(code: str) -> int:
    """Percent that the banner shows, 0 without a promotion."""
    promotion = find(code)
    if promotion is None:
        return 0
    return promotion["percent"]


def banner(code: str) -> str:
    """The line itself."""
    percent = banner_percent(code)
    return f"You save {percent} %" if percent else ""
