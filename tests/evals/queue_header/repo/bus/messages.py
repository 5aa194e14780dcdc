"""Messages of the bus."""

from __future__ import annotations


def tenant(message: dict) -> str:
    """Whose message it is; those from before tenants belong to `main`."""
    return message["headers"].get("tenant", "main")


def kind(message: dict) -> str:
    """What it is about."""
    return message["headers"]["kind"]
