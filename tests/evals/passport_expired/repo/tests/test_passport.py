from border.gate import enter


def test_gate():
    assert enter({"number": "P1", "until": 9}, 5)["open"]
    assert enter({"number": "P1", "until": 2}, 5) == {"open": False, "say": "Please see an officer: ended 3 days ago"}
