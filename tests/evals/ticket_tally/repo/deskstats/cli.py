"""`deskstats FILE`: prints the numbers."""

from __future__ import annotations

from deskstats.stats import minutes_by_team, open_count
from deskstats.tickets import read_tickets


def render(text: str) -> str:
    """The report as text."""
    tickets = read_tickets(text)
    rows = [f"{team:<10} {minutes:>6}" for team, minutes in sorted(minutes_by_team(tickets).items())]
    return "\n".join([*rows, f"open: {open_count(tickets)}"])
