"""Numbers for the sales team."""

from __future__ import annotations

from quota.usage import used


def per_seat(tenant: dict) -> float:
    """Requests by seat, 0 for tenants without seats (trials)."""
    return used(tenant) / tenant["seats"] if tenant["seats"] else 0
