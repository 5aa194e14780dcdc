from orders.listing import listing
from orders.timing import note


def test_listing():
    assert listing([{"number": "1", "open": True}, {"number": "2", "open": False}], 0.1) == ["1"]


def test_note():
    assert note("q", 0.6)
    assert not note("q", 0.4)
