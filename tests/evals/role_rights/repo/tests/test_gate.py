from access.gate import allowed
from access.pages import delete_page
from access.roles import badge


def test_allowed():
    assert allowed("owner", "delete")
    assert not allowed("viewer", "write")


def test_delete():
    assert delete_page({"role": "viewer"}, "home")[0] == 403


def test_badge():
    assert badge("owner") == "red"
    assert badge("new") == "red"
