from circuit.pace import line, pace


def test_no_lap_counts():
    assert pace([]) is None
    assert line("Ada", [{"seconds": 130.0, "pit": True}]) == "Ada –"


def test_laps():
    assert pace([{"seconds": 90.0, "pit": False}, {"seconds": 92.0, "pit": False}]) == 91.0
