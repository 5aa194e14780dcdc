from cinema.prices import price, surcharge

HALL = {"price": 900, "weekend": 2, "rows": [{"label": "A", "surcharge": 0}, {"label": "L", "surcharge": 300}]}


def test_price():
    assert price(HALL, "L") == 1500


def test_surcharge():
    assert surcharge(HALL, "Z") == 0
