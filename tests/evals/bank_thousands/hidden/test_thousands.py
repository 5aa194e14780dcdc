import pytest

from bankfeed.amounts import parse_amount


@pytest.mark.parametrize(
    ("text", "amount"), [("1,250.00 CR", 1250), ("1,234,567.25 DR", -1234567.25), ("12.50 CR", 12.5)]
)
def test_amounts(text, amount):
    assert parse_amount(text) == amount


def test_nonsense_is_no_amount():
    with pytest.raises(ValueError):
        parse_amount("n/a")
