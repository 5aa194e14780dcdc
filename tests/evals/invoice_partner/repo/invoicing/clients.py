"""Clients, and the partner who brought them."""

from __future__ import annotations


def partner_rate(client: dict) -> int:
    """Commission in percent that the client's partner gets."""
    partner = client.get("partner")
    if partner is None:
        return 0
    return partner["rate"]


def client_label(client: dict) -> str:
    """How the client is written on a document."""
    return f"{client['name']} ({client['number']})"
