from journal.posting import in_euros, post
from journal.preview import rough


def test_in_euros():
    assert in_euros(100, "USD") == 92


def test_post():
    journal = []
    post(journal, {"account": "4400", "amount": 10, "currency": "GBP"})
    assert journal == [{"account": "4400", "eur": 11.7}]


def test_rough():
    assert rough(10, "XXX") == "~10 EUR"
