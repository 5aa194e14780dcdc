from deskstats.cli import render
from deskstats.stats import minutes_by_team

TICKETS = [
    {"team": "billing", "minutes": 10, "state": "closed"},
    {"team": "product", "minutes": 5, "state": "open"},
    {"team": "billing", "minutes": 2, "state": "open"},
]


def test_minutes():
    assert minutes_by_team(TICKETS) == {"billing": 12, "product": 5, "shipping": 0}


def test_render():
    text = '{"team": "product", "minutes": 4, "state": "open"}\n'
    assert render(text).splitlines()[-1] == "open: 1"
