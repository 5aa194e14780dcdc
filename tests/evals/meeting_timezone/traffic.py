from meetings.booking import book


def traffic(sdk):
    for number in range(5):
        booked = [{"since": "2025-03-03T09:00:00+00:00", "until": "2025-03-03T10:00:00+00:00"}]
        mine = {"since": f"2025-03-03T1{number}:00:00", "until": f"2025-03-03T1{number}:30:00"}
        sdk.crash("/meetings/book", lambda m=mine, b=booked: book(m, b), user=f"person-{number}")
