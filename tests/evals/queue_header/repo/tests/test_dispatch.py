from bus.dispatch import dispatch
from bus.messages import tenant


def test_dispatch():
    message = {"headers": {"tenant": "acme", "kind": "mail"}}
    assert dispatch([message, message]) == {"acme.mail": 2}


def test_tenant():
    assert tenant({"headers": {"kind": "mail"}}) == "main"
