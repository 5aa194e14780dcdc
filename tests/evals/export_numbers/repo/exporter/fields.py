"""Fields of a person's record."""

from __future__ import annotations


def full_name(person: dict) -> str:
    """First and last name."""
    return f"{person['first']} {person['last']}"


def phone(person: dict) -> str:
    """The first phone number, or a dash."""
    numbers = person["phones"]
    return numbers[0] if numbers else "-"
