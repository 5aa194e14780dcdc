from reviews.page import category
from reviews.rating import average

LAMP = {"name": "Lamp", "reviews": [{"stars": 5}, {"stars": 2}, {"stars": 1, "hidden": True}]}


def test_average():
    assert average(LAMP) == 3.5


def test_category():
    assert category([LAMP]) == {"best": ["Lamp"], "averages": {"Lamp": 3.5}}
