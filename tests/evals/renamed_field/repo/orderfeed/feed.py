"""Orders from the marketplace; version 2 of its feed says `qty` where version 1 said `quantity`."""

from __future__ import annotations


def normalised(raw: dict) -> dict:
    """An order in our words, whichever version it came in."""
    return {"sku": raw["sku"], "lines": [dict(line) for line in raw["lines"]], "version": raw.get("version", 1)}
