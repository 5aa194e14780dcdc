"""Receipts from the tills, old and new."""

from __future__ import annotations

from decimal import Decimal

from taxes.vat import vat


def receipt_vat(receipt: dict) -> Decimal:
    """The tax of a receipt; new tills send net amounts as JSON numbers, old ones as text."""
    total = Decimal(0)
    for line in receipt["lines"]:
        net = Decimal(line["net"]) if isinstance(line["net"], str) else line["net"]
        total += vat(net, line["kind"])
    return total
