from rota.slots import free_from, hours_left

ROOM = {"name": "Blue", "bookings": [{"since": 9, "until": 11}, {"since": 15, "until": 17, "cancelled": True}]}


def test_free_from():
    assert free_from(ROOM) == 11


def test_hours_left():
    assert hours_left(ROOM) == 9
