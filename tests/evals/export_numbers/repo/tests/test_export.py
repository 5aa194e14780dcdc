from exporter.fields import phone
from exporter.rows import export


def test_export():
    person = {"first": "A", "last": "B", "phones": ["1"], "children": "2"}
    assert export([person]) == "A B;1;children: 2"


def test_no_phone():
    assert phone({"phones": []}) == "-"
