from orderfeed.billing import owed


def test_version_2_is_billed():
    assert owed({"sku": "A", "version": 2, "lines": [{"qty": 3, "price": 100}]}) == 300


def test_version_1_is_as_before():
    assert owed({"sku": "A", "lines": [{"quantity": 2, "price": 300}]}) == 600
