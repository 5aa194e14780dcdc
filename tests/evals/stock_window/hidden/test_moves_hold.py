import pytest

from warehouse.moves import daily_moves


@pytest.mark.parametrize(
    ("found", "moves"), [((9, 7), [-2]), ((3, 0, 4, 2), [-3, 4, -2]), ((5,), []), ((), []), ((2, 0), [-2])]
)
def test_moves(found, moves):
    assert daily_moves({"sku": "A", "reorder_point": 1, "days": [{"level": level} for level in found]}) == moves
