"""Promotion codes; customers type them in any case, with blanks around."""

from __future__ import annotations

_CODES: dict[str, dict] = {}


def normalise(code: str) -> str:
    """A code as it is kept."""
    return code.strip().upper()


def register(code: str, percent: int) -> None:
    """Make a code known."""
    _CODES[normalise(code)] = {"code": normalise(code), "percent": percent}


def is_known(code: str) -> bool:
    """Whether there is such a code; the page asks this while the customer types."""
    return normalise(code) in _CODES


def find(code: str) -> dict | None:
    """The promotion of a code, None when there is none."""
    return _CODES.get(code)


register("SPRING10", 10)
register("VIP25", 25)
