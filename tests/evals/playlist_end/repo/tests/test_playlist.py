from radio.show import caption


def test_caption():
    assert caption(["Blue", "Red", "Green"], 1) == "Red, then Green"
