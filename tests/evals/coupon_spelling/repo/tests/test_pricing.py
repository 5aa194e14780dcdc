from promo.banner import banner
from promo.pricing import quote


def test_known_code():
    assert quote(2000, "SPRING10") == {"price": 2000, "reduced": 1800}


def test_unknown_code():
    assert quote(2000, "NOPE") == {"price": 2000, "reduced": 2000}
    assert quote(2000, None) == {"price": 2000, "reduced": 2000}


def test_banner():
    assert banner("VIP25") == "You save 25 %"
    assert banner("NOPE") == ""
