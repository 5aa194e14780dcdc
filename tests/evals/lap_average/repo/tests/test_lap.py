from circuit.pace import line


def test_line():
    laps = [{"seconds": 90.0, "pit": False}, {"seconds": 92.0, "pit": False}, {"seconds": 140.0, "pit": True}]
    assert line("Ada", laps) == "Ada 91.0"
