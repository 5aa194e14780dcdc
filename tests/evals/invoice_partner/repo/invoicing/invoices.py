"""Closing an invoice."""

from __future__ import annotations

from invoicing.clients import client_label
from invoicing.commission import payout


def net_total(lines: list[dict]) -> int:
    """Sum of all lines in cents."""
    return sum(line["units"] * line["unit_price"] for line in lines)


def close_invoice(client: dict, lines: list[dict]) -> dict:
    """The closed invoice with what remains for us."""
    net = net_total(lines)
    return {"client": client_label(client), "net": net, "ours": payout(client, net)}
