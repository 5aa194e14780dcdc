"""Host names as certificates have them."""

from __future__ import annotations


def canonical(host: str) -> str:
    """Lower case, without the dot of the root."""
    return host.rstrip(".").lower()
