"""Whether a tenant is slowed down."""

from __future__ import annotations

from quota.usage import used


def share(tenant: dict) -> float:
    """The part of the quota that is used; above 1 the tenant is slowed down."""
    return used(tenant) / tenant["quota"]


def slowed(tenant: dict) -> bool:
    """Whether to slow down."""
    return share(tenant) > 1
