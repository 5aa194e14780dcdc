from rooms.members import Member
from rooms.room import Room
from rooms.server import post


def traffic(sdk):
    for number in range(6):
        room = Room("general")
        for name in ("ana", "li", "mo"):
            room.join(Member(name, online=name != "ana"))
        sdk.crash("/rooms/post", lambda r=room: post({"general": r}, "general", "hello"), user=f"m{number}")
