from quota.limits import slowed
from quota.stats import per_seat


def test_slowed():
    assert slowed({"requests": [60, 60], "quota": 100})
    assert not slowed({"requests": [60], "quota": 100})


def test_per_seat():
    assert per_seat({"requests": [10], "seats": 0}) == 0
