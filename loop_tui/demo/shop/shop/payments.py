"""Payments: the card provider's API."""

from __future__ import annotations

import json
import os
import urllib.request

ENDPOINT = os.environ.get("SHOP_PAYMENTS", "http://127.0.0.1:9/v1/charges")


def charge(order: str, amount: int) -> str:
    """Charge a card; returns the provider's id of the charge."""
    body = json.dumps({"order": order, "amount": amount, "currency": "EUR"}).encode()
    request = urllib.request.Request(ENDPOINT, data=body, headers={"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=5) as answer:
        return json.load(answer)["id"]
