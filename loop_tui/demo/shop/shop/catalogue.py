"""What the shop sells. Prices are in cents."""

from __future__ import annotations

PRODUCTS = {
    "mug": {"name": "Mug", "price": 1200, "grams": 350},
    "tea": {"name": "Green tea", "price": 850, "grams": 120},
    "pot": {"name": "Tea pot", "price": 4900, "grams": 1100},
    "tin": {"name": "Biscuit tin", "price": 1650, "grams": 600},
}


def find(sku: str) -> dict | None:
    """One product, None when the shop does not sell it."""
    return PRODUCTS.get(sku)


def listing() -> list[dict]:
    """Every product, cheapest first."""
    return sorted(({"sku": sku, **product} for sku, product in PRODUCTS.items()), key=lambda item: item["price"])
