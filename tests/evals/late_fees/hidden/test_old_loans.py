from library.account import owed


def test_old_loans_have_no_renewals():
    assert owed({"loans": [{"due": 5, "renewals": None}]}, 10) == 100
    assert owed({"loans": [{"due": 5, "renewals": 2}]}, 10) == 200
