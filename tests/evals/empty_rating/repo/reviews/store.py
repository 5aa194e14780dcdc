"""Reviews by product."""

from __future__ import annotations


def stars(product: dict) -> list[int]:
    """The stars of the reviews that are shown."""
    return [review["stars"] for review in product["reviews"] if not review.get("hidden", False)]
