"""VAT of amounts; money is Decimal here."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal

from taxes.rates import rate

CENT = Decimal("0.01")


def rounded(amount: Decimal) -> Decimal:
    """To the cent, half up."""
    return amount.quantize(CENT, rounding=ROUND_HALF_UP)


def vat(net: Decimal, kind: str) -> Decimal:
    """The tax on a net amount."""
    share = rate(kind)
    return rounded(net * share)
