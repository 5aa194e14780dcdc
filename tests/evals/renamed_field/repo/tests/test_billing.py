from orderfeed.billing import owed
from orderfeed.listing import caption


def test_owed():
    assert owed({"sku": "A", "lines": [{"quantity": 2, "price": 300}]}) == 600


def test_caption():
    assert caption({"quantity": 2, "price": 300}) == "2 pieces at 300"
    assert caption({"price": 300}) == "0 pieces at 300"
