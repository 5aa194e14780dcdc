from ledgerio.fees import fee
from ledgerio.hours import billable_hours
from ledgerio.numbers import to_number


def test_numbers():
    assert to_number("1.250,50", "de") == 1250.5
    assert to_number("12.5", "us") == 12.5


def test_hours():
    assert billable_hours({"country": "us", "entries": [{"task": "a", "hours": "1.5"}, {"task": "b", "hours": "2"}]}) == 3.5


def test_fee():
    assert fee({"country": "de", "rate": "80,50", "entries": [{"task": "a", "hours": "2"}]}) == 161
