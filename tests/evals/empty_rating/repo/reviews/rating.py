"""Ratings."""

from __future__ import annotations

from reviews.store import stars


def average(product: dict) -> float:
    """The average of a product's stars, to one digit."""
    found = stars(product)
    return round(sum(found) / len(found), 1)


def ranked(products: list[dict]) -> list[str]:
    """Names, best first."""
    return [p["name"] for p in sorted(products, key=average, reverse=True)]
