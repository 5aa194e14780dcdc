from tls.renewal import days_left, due


def test_due():
    assert due(["shop.example", "mail.example", "none.example"]) == ["mail.example"]
    assert days_left("none.example") is None
