"""The list on the screen."""

from __future__ import annotations


def caption(line: dict) -> str:
    """One line of the list."""
    return f"{line.get('quantity', 0)} pieces at {line['price']}"
