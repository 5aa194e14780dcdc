from exporter.rows import export


def test_numbers_and_text():
    person = {"first": "A", "last": "B", "phones": [], "children": 0}
    assert export([person]) == "A B;-;children: 0"
    assert export([{**person, "children": "3"}]) == "A B;-;children: 3"
