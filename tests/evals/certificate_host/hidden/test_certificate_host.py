from tls.renewal import days_left, due


def test_any_spelling():
    assert days_left("Mail.Example.") == 9
    assert due(["SHOP.example", "mail.example."]) == ["mail.example."]


def test_none():
    assert days_left("Other.example") is None
