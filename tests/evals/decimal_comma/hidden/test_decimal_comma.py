from ledgerio.fees import fee
from ledgerio.hours import billable_hours


def test_a_comma_is_a_decimal_point_in_germany():
    assert billable_hours({"country": "de", "entries": [{"task": "a", "hours": "7,5"}]}) == 7.5
    assert fee({"country": "de", "rate": "90,00", "entries": [{"task": "a", "hours": "12,25"}]}) == 1102.5


def test_other_countries_are_as_before():
    assert billable_hours({"country": "us", "entries": [{"task": "a", "hours": "7.5"}]}) == 7.5
