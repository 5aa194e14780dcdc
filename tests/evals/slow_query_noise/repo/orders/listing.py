"""Lists of orders."""

from __future__ import annotations

from orders.timing import note


def listing(orders: list[dict], seconds: float) -> list[str]:
    """Numbers of open orders, after a query that took so long."""
    note("open_orders", seconds)
    return [order["number"] for order in orders if order["open"]]
