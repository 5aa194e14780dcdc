"""Reading a whole list."""

from __future__ import annotations

from pricelist.lines import is_heading, row


def read(text: str) -> dict[str, list[tuple[str, int]]]:
    """Rows by brand."""
    found: dict[str, list[tuple[str, int]]] = {}
    for line in text.splitlines():
        if is_heading(line):
            brand = line[1:].strip()
        elif line.strip():
            found.setdefault(brand, []).append(row(line))
    return found
