import pytest

from journal.posting import post


def test_nothing_is_booked_at_a_made_up_rate():
    journal = []
    with pytest.raises(Exception):
        post(journal, {"account": "4400", "amount": 1000, "currency": "JPY"})
    assert journal == []
