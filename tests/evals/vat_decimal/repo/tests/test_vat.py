from decimal import Decimal

from taxes.receipts import receipt_vat
from taxes.vat import vat


def test_vat():
    assert vat(Decimal("100"), "standard") == Decimal("19.00")


def test_old_till():
    assert receipt_vat({"lines": [{"net": "10.00", "kind": "reduced"}]}) == Decimal("0.70")


def test_whole_numbers():
    assert receipt_vat({"lines": [{"net": 10, "kind": "standard"}]}) == Decimal("1.90")
