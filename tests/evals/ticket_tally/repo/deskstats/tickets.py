"""Reading tickets from the export of the help desk."""

from __future__ import annotations

import json


def read_tickets(text: str) -> list[dict]:
    """One ticket a line."""
    return [json.loads(line) for line in text.splitlines() if line.strip()]


def is_open(ticket: dict) -> bool:
    """Whether somebody still has to answer."""
    return ticket["state"] != "closed"
