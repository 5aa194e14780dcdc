"""Taking over new prices."""

from __future__ import annotations

from pricelist.reader import read


def changed(prices: dict[tuple[str, str], int], text: str) -> dict[tuple[str, str], int]:
    """Prices, by brand and article, that differ from those in force."""
    new = {(brand, article): price for brand, rows in read(text).items() for article, price in rows}
    return {key: price for key, price in new.items() if prices.get(key) != price}
