"""What tenants used this month."""

from __future__ import annotations


def used(tenant: dict) -> int:
    """Requests so far."""
    return sum(tenant["requests"])
