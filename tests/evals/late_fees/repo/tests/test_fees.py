from library.account import owed
from library.loans import renewals


def test_owed():
    assert owed({"loans": [{"due": 5, "renewals": 1}, {"due": 20, "renewals": 0}]}, 10) == 150


def test_renewals():
    assert renewals({"due": 1, "renewals": None}) == 0
