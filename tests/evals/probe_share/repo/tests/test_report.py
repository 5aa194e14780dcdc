from uptime.report import answered_share, slow_share, summary

HOUR = [{"ms": 10}, {"ms": None}, {"ms": 20}, {"ms": 5000}]


def test_shares():
    assert answered_share(HOUR) == 50
    assert slow_share(HOUR) == 50
    assert slow_share([]) == 0


def test_summary():
    assert summary([HOUR]) == [(50.0, 50.0)]
