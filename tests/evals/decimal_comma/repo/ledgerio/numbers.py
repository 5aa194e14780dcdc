"""Numbers in the way of each country's exports."""

from __future__ import annotations

DECIMAL_COMMA = {"de", "fr", "pl"}


def to_number(text: str, country: str) -> float:
    """A number as exports of that country write it."""
    if country in DECIMAL_COMMA:
        text = text.replace(".", "").replace(",", ".")
    return float(text)
