from invoicing.commission import payout
from invoicing.invoices import close_invoice


def test_without_a_partner_all_is_ours():
    assert payout({"name": "A", "number": "C-1", "partner": None}, 1000) == 1000
    assert payout({"name": "A", "number": "C-1"}, 990) == 990


def test_with_a_partner_nothing_changes():
    assert payout({"name": "A", "number": "C-1", "partner": {"rate": 10}}, 1000) == 900


def test_closing():
    lines = [{"units": 3, "unit_price": 100}]
    assert close_invoice({"name": "A", "number": "C-1", "partner": None}, lines)["ours"] == 300
