from kitchen.forms import minutes, oven
from kitchen.scale import scaled

SOUP = {"servings": 4, "items": [{"name": "leek", "grams": 400}]}


def test_scaled():
    assert scaled({"servings": 2}, SOUP) == [{"name": "leek", "grams": 200}]


def test_forms():
    assert oven({"degrees": "180"}) == 190
    assert minutes({"minutes": "45"}) == 45
