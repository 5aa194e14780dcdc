"""What a seat costs, in cents."""

from __future__ import annotations

from cinema.hall import find_row


def surcharge(hall: dict, label: str) -> int:
    """The surcharge that the plan on the wall shows."""
    row = find_row(hall, label)
    return row["surcharge"] if row is not None else 0


def price(hall: dict, label: str) -> int:
    """What is charged."""
    row = find_row(hall, label)
    return hall["price"] + row["surcharge"] * hall["weekend"]
