"""Telling which queries are slow."""

from __future__ import annotations

import logging

log = logging.getLogger("orders.db")
SLOW = 0.5


def note(name: str, seconds: float) -> bool:
    """Log a query that took long; whether it did."""
    if seconds < SLOW:
        return False
    log.warning("slow query %s took %.1f s", name, seconds)
    return True
