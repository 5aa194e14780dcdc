from tracking.status import in_words


def test_words():
    assert in_words({"code": "D"}) == "delivered"
    assert in_words({"code": "?"}) == "unknown"
