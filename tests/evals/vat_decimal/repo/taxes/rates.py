"""VAT rates."""

from __future__ import annotations

from decimal import Decimal

RATES = {"standard": Decimal("0.19"), "reduced": Decimal("0.07")}


def rate(kind: str) -> Decimal:
    """The rate of a kind of goods."""
    return RATES[kind]
