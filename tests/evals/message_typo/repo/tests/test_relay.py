from chatrelay.messages import Message, preview
from chatrelay.relay import envelope


def test_envelope():
    assert envelope(Message("ana", "li", "Hello")) == {"topic": "inbox.li", "channel": "direct", "preview": "Hello"}


def test_preview():
    assert preview(Message("ana", "li", "x" * 30)) == "x" * 19 + "…"
