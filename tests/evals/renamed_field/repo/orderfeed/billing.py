"""What the marketplace owes us, in cents."""

from __future__ import annotations

from orderfeed.feed import normalised


def owed_line(line: dict) -> int:
    """For one line."""
    return line["quantity"] * line["price"]


def owed(raw: dict) -> int:
    """For one order."""
    return sum(owed_line(line) for line in normalised(raw)["lines"])
