from kitchen.scale import scaled

SOUP = {"servings": 4, "items": [{"name": "leek", "grams": 400}]}


def test_text_from_the_page():
    assert scaled({"servings": "8"}, SOUP) == [{"name": "leek", "grams": 800}]
    assert scaled({"servings": 2}, SOUP) == [{"name": "leek", "grams": 200}]
