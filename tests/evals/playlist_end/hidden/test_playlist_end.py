from radio.queue import following
from radio.show import caption


def test_behind_the_last():
    assert following(["a", "b"], 1) is None
    assert caption(["a"], 0) == "a"


def test_before():
    assert following(["a", "b"], 0) == "b"
    assert following(["a", "b", "c"], 0) == "b"
