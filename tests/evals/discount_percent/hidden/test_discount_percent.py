import pytest

from outlet.labels import reduced


@pytest.mark.parametrize(("text", "cents"), [("15%", 850), ("15", 850), ("12.5 %", 875), ("0%", 1000)])
def test_reduced(text, cents):
    assert reduced(1000, text) == cents
