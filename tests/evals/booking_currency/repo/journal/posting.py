"""Posting to the journal, which auditors read."""

from __future__ import annotations

from journal.rates import RATES


def in_euros(amount: float, currency: str) -> float:
    """The amount at the day's rate, to the cent."""
    return round(amount * RATES[currency], 2)


def post(journal: list[dict], entry: dict) -> dict:
    """Append an entry in euros; returns it."""
    posted = {"account": entry["account"], "eur": in_euros(entry["amount"], entry["currency"])}
    journal.append(posted)
    return posted
