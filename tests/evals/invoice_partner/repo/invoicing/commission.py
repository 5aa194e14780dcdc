"""What partners earn from an invoice."""

from __future__ import annotations

from invoicing.clients import partner_rate


def commission(client: dict, net: int) -> int:
    """The partner's share of a net amount, in cents."""
    return net * partner_rate(client) // 100


def payout(client: dict, net: int) -> int:
    """What is left after the partner's share, in cents."""
    partner = client.get("partner")
    return net - net * partner["rate"] // 100
