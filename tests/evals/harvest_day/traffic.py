from orchard.weights import per_day


def traffic(sdk):
    for number, day in enumerate(("01.09.2025", "02.09.2025", "13.09.2025")):
        rows = [{"day": day, "kg": 40 + number}]
        sdk.crash("/scales/import", lambda r=rows: per_day(r, "south"), user=f"farm-{number}")
