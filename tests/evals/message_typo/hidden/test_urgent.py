from chatrelay.messages import Message
from chatrelay.relay import envelope


def test_urgent():
    assert envelope(Message("ana", "li", "Now", urgent=True)) == {
        "topic": "push.li", "channel": "push", "preview": "Now",
    }
