from outlet.labels import reduced
from outlet.shares import share


def test_reduced():
    assert reduced(1000, "15") == 850


def test_share():
    assert share("12%") == 0.12
    assert share("50") == 0.5
