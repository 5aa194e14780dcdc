from datetime import date

from orchard.days import day_of
from orchard.weights import per_day


def test_per_day():
    rows = [{"day": "2025-09-01", "kg": 3}, {"day": "2025-09-01", "kg": 4}]
    assert per_day(rows, "north") == {date(2025, 9, 1): 7}


def test_day_of():
    assert day_of("02.09.2025", "south") == date(2025, 9, 2)
