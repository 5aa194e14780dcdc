from till.desk import pay


def test_paid():
    assert pay({"code": "00", "reference": "R1"}) == {"ok": True, "text": "Paid, R1"}


def test_declined():
    counted = []
    assert pay({"code": "51"}, counted.append)["text"] == "Declined: not enough money"
    assert len(counted) == 1
