"""Prices with a promotion."""

from __future__ import annotations

from promo.codes import find, is_known


def reduced(price: int, code: str) -> int:
    """The price in cents that a known code gives."""
    promotion = find(code)
    return price - price * promotion["percent"] // 100


def quote(price: int, code: str | None) -> dict:
    """What the page shows."""
    if code is None or not is_known(code):
        return {"price": price, "reduced": price}
    return {"price": price, "reduced": reduced(price, code)}
