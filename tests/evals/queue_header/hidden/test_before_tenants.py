from bus.dispatch import dispatch


def test_messages_from_before_tenants_belong_to_main():
    assert dispatch([{"headers": {"kind": "mail"}}]) == {"main.mail": 1}
    assert dispatch([{"headers": {"kind": "mail", "tenant": "acme"}}]) == {"acme.mail": 1}
