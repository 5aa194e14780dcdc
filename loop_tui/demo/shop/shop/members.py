"""Memberships: members get a percentage off, and points."""

from __future__ import annotations


def member_percent(customer: dict) -> int:
    """Percent off that the customer's membership gives, 0 without one."""
    membership = customer.get("membership")
    if membership is None:
        return 0
    return membership["percent"]


def badge(customer: dict) -> str:
    """What is shown beside the customer's name."""
    membership = customer.get("membership")
    return membership["level"].title() if membership else "Guest"


def checkout_total(customer: dict, amount: int) -> int:
    """What the customer pays for goods of `amount` cents."""
    membership = customer.get("membership")
    return amount - amount * membership["percent"] // 100
