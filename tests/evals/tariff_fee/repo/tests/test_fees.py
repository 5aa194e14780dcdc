from parking.fees import fee
from parking.gate import display


def test_fees():
    assert fee({"tariff": "day", "minutes": 61}) == 400
    assert fee({"tariff": "night", "minutes": 60}) == 80


def test_display():
    assert display({"plate": "B-1", "tariff": "day", "minutes": 5}) == "B-1: 2.00"
