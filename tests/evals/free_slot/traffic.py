import json

from rota.slots import hours_left


def traffic(sdk):
    for number, bookings in enumerate(([], [{"since": 9, "until": 10, "cancelled": True}], [], [])):
        room = {"name": f"Room {number}", "bookings": bookings}
        sdk.crash("/rooms/free", lambda r=room: hours_left(r), user=f"member-{number}")
    for number in range(3):
        sdk.handled("/rooms/free", lambda: json.loads(""), user=f"bot-{number}")
