from invoicing.commission import commission, payout
from invoicing.invoices import close_invoice, net_total

PARTNERED = {"name": "Hafen GmbH", "number": "C-7", "partner": {"name": "Nord", "rate": 15}}
LINES = [{"units": 2, "unit_price": 5000}, {"units": 1, "unit_price": 1000}]


def test_net():
    assert net_total(LINES) == 11000


def test_commission():
    assert commission(PARTNERED, 1000) == 150
    assert commission({"name": "A", "number": "C-1", "partner": None}, 1000) == 0


def test_close_with_a_partner():
    assert close_invoice(PARTNERED, LINES) == {"client": "Hafen GmbH (C-7)", "net": 11000, "ours": 9350}


def test_payout():
    assert payout(PARTNERED, 1000) == 850
