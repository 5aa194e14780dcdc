"""The preview while somebody types: a rough figure, marked as such."""

from __future__ import annotations

from journal.rates import RATES


def rough(amount: float, currency: str) -> str:
    """About how much it is in euros."""
    return f"~{amount * RATES.get(currency, 1.0):.0f} EUR"
