from pricelist.reader import read
from pricelist.update import changed

TEXT = "# Ahorn\nA-1;100\nA-2;250\n# Birke\nB-1;75\n"


def test_read():
    assert read(TEXT) == {"Ahorn": [("A-1", 100), ("A-2", 250)], "Birke": [("B-1", 75)]}


def test_changed():
    assert changed({("Ahorn", "A-1"): 100}, "# Ahorn\nA-1;100\nA-2;250\n") == {("Ahorn", "A-2"): 250}
