from uptime.report import answered_share, summary


def test_an_hour_without_a_probe_counts_as_nothing():
    assert answered_share([]) == 0
    assert summary([[], [{"ms": 1}]]) == [(0, 0), (100, 0)]
