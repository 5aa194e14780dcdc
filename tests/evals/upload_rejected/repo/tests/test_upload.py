from imports.views import upload


def test_good():
    assert upload([{"name": "Tea", "price": "3"}]) == (200, "1 prices taken over")


def test_bad():
    assert upload([{"name": "Tea"}]) == (422, "Please mend the file: row 1 has no price.")
