"""Stock levels over time."""

from __future__ import annotations


def levels(item: dict) -> list[int]:
    """The level at the end of each day, oldest first."""
    return [day["level"] for day in item["days"]]


def is_low(item: dict) -> bool:
    """Whether less than the reorder point is left."""
    found = levels(item)
    return bool(found) and found[-1] < item["reorder_point"]
