from rooms.members import Member
from rooms.room import Room
from rooms.server import post


def test_all_get_it():
    room = Room("tea")
    room.join(Member("a"))
    room.join(Member("b"))
    assert post({"tea": room}, "tea", "hi") == {"delivered": 2}


def test_leave():
    room = Room("tea")
    room.join(Member("a"))
    room.leave("a")
    room.leave("b")
    assert room.broadcast("hi") == 0
