"""Numbers for the weekly mail."""

from __future__ import annotations

from deskstats.tickets import is_open

TEAMS = ("billing", "product", "shipping")


def minutes_by_team(tickets: list[dict]) -> dict[str, int]:
    """Minutes spent, by team; the known teams always appear."""
    spent = {team: 0 for team in TEAMS}
    for ticket in tickets:
        spent[ticket["team"]] += ticket["minutes"]
    return spent


def open_count(tickets: list[dict]) -> int:
    """How many tickets are open."""
    return sum(1 for ticket in tickets if is_open(ticket))
