from rooms.members import Member
from rooms.room import Room


def test_who_is_gone_leaves_and_the_rest_get_it():
    room = Room("tea")
    members = [Member(name, online=name not in "bd") for name in "abcde"]
    for member in members:
        room.join(member)
    assert room.broadcast("hi") == 3
    assert sorted(room.members) == ["a", "c", "e"]
    assert all(member.got == ["hi"] for member in members if member.online)
