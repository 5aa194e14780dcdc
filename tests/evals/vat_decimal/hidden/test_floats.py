from decimal import Decimal

from taxes.receipts import receipt_vat


def test_json_numbers():
    assert receipt_vat({"lines": [{"net": 19.99, "kind": "standard"}]}) == Decimal("3.80")
    assert receipt_vat({"lines": [{"net": 4.35, "kind": "reduced"}, {"net": 1, "kind": "reduced"}]}) == Decimal("0.37")


def test_exactly_half_a_cent_goes_up():
    assert receipt_vat({"lines": [{"net": 0.5, "kind": "reduced"}]}) == Decimal("0.04")
    assert receipt_vat({"lines": [{"net": 1.5, "kind": "standard"}]}) == Decimal("0.29")
