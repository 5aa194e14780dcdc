import pytest

from promo.banner import banner
from promo.pricing import quote


@pytest.mark.parametrize("code", ["spring10", " SPRING10 ", "Spring10"])
def test_any_spelling_gives_the_promotion(code):
    assert quote(2000, code)["reduced"] == 1800


def test_unknown():
    assert quote(2000, "NOPE")["reduced"] == 2000
    assert banner("NOPE") == ""
