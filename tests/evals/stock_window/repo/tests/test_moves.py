from warehouse.levels import is_low
from warehouse.moves import daily_moves, sold


def item(*found):
    return {"sku": "A", "reorder_point": 5, "days": [{"level": level} for level in found]}


def test_sold_out():
    assert daily_moves(item(9, 4, 0)) == [-5, -4]
    assert sold(item(9, 4, 0)) == 9


def test_low():
    assert is_low(item(9, 4))
