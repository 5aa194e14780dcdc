"""Delivery: prices by country and weight, in cents."""

from __future__ import annotations

HOME_RATE = 490
WORLD_RATE = 1990
RATES = {"DE": 490, "AT": 790, "NL": 690, "FR": 890}


def label_cost(country: str) -> int:
    """What printing and posting the label costs us."""
    return RATES.get(country, WORLD_RATE) // 10


def return_cost(country: str) -> int:
    """What a customer pays to send something back."""
    return RATES.get(country, HOME_RATE)


def delivery_price(country: str, grams: int) -> int:
    """What delivery costs the customer."""
    rate = RATES[country]
    return rate + grams // 1000 * 150
