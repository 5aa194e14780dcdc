"""Carts: lines of products and how many of each."""

from __future__ import annotations

from shop import catalogue


def lines(items: dict[str, int]) -> list[dict]:
    """The cart's lines; products the shop no longer sells are left out."""
    found = []
    for sku, quantity in items.items():
        product = catalogue.find(sku)
        if product is not None:
            found.append({"sku": sku, "quantity": quantity, "price": product["price"], "grams": product["grams"]})
    return found


def subtotal(cart: list[dict]) -> int:
    """What the lines come to, in cents."""
    return sum(line["quantity"] * line["price"] for line in cart)


def weight(cart: list[dict]) -> int:
    """What the lines weigh, in grams."""
    return sum(line["quantity"] * line["grams"] for line in cart)
