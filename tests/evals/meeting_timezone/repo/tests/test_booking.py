from meetings.booking import book


def meeting(since, until):
    return {"since": f"2025-03-03T{since}:00+00:00", "until": f"2025-03-03T{until}:00+00:00"}


def test_booking():
    booked = []
    assert book(meeting("09:00", "10:00"), booked)
    assert not book(meeting("09:30", "11:00"), booked)
    assert book(meeting("10:00", "11:00"), booked)
