from rota.slots import free_from, hours_left, last_end


def test_nothing_booked():
    assert last_end({"name": "A", "bookings": []}) is None
    assert free_from({"name": "A", "bookings": []}) == 8
    assert hours_left({"name": "A", "bookings": [{"since": 8, "until": 12, "cancelled": True}]}) == 12


def test_booked():
    assert last_end({"name": "A", "bookings": [{"since": 8, "until": 12}, {"since": 9, "until": 10}]}) == 12
