from datetime import date

from orchard.weights import per_day


def test_south():
    assert per_day([{"day": "03.04.2025", "kg": 1}], "south") == {date(2025, 4, 3): 1}


def test_north():
    assert per_day([{"day": "2025-04-03", "kg": 1}], "north") == {date(2025, 4, 3): 1}
