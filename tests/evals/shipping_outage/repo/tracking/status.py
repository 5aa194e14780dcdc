"""Status of parcels in our words."""

from __future__ import annotations

from tracking.carrier import ask

WORDS = {"T": "on its way", "D": "delivered", "R": "returned"}


def in_words(said: dict) -> str:
    """The carrier's code in our words."""
    return WORDS.get(said["code"], "unknown")


def status(number: str) -> str:
    """Where a parcel is."""
    return in_words(ask(number))
