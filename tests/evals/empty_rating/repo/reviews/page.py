"""The page of a category."""

from __future__ import annotations

from reviews.rating import average, ranked


def category(products: list[dict]) -> dict:
    """What the template needs."""
    return {"best": ranked(products)[:3], "averages": {p["name"]: average(p) for p in products}}
