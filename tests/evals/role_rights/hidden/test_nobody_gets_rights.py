import pytest

from access.gate import allowed


@pytest.mark.parametrize("action", ["read", "write", "delete", "bill"])
def test_an_unknown_role_is_not_let_in(action):
    try:
        assert not allowed("contractor", action)
    except KeyError:
        pass
