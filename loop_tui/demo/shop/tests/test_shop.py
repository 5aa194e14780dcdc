from shop import cart, catalogue, delivery, members, stock

MEMBER = {"name": "A", "membership": {"level": "gold", "percent": 10}}


def test_listing_is_cheapest_first():
    prices = [item["price"] for item in catalogue.listing()]
    assert prices == sorted(prices)


def test_lines_leave_out_what_is_not_sold():
    assert [line["sku"] for line in cart.lines({"mug": 2, "hat": 1})] == ["mug"]


def test_subtotal_and_weight():
    lines = cart.lines({"mug": 2, "tea": 1})
    assert cart.subtotal(lines) == 3250
    assert cart.weight(lines) == 820


def test_members_pay_less():
    assert members.checkout_total(MEMBER, 1000) == 900


def test_guests_have_no_percentage():
    assert members.member_percent({"name": "B", "membership": None}) == 0


def test_badges():
    assert members.badge(MEMBER) == "Gold"
    assert members.badge({"name": "B", "membership": None}) == "Guest"


def test_delivery_by_weight():
    assert delivery.delivery_price("DE", 2500) == 790


def test_label_and_return_costs():
    assert delivery.label_cost("AT") == 79
    assert delivery.return_cost("NL") == 690


def test_stock():
    assert stock.level("mug", 3) == 40
