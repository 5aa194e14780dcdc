from meetings.booking import book

BOOKED = {"since": "2025-03-03T09:00:00+00:00", "until": "2025-03-03T10:00:00+00:00"}


def test_without_an_offset_it_is_utc():
    assert not book({"since": "2025-03-03T09:30:00", "until": "2025-03-03T10:30:00"}, [BOOKED])
    assert book({"since": "2025-03-03T10:00:00", "until": "2025-03-03T10:30:00"}, [BOOKED])


def test_offsets_count():
    assert not book({"since": "2025-03-03T10:30:00+01:00", "until": "2025-03-03T11:30:00+01:00"}, [BOOKED])
