from parcels.labels import label
from parcels.rates import rate
from parcels.zones import zone_for_pickup, zone_for_return


def test_rate():
    assert rate("10", 2500) == 490
    assert rate("14", 100) == 590


def test_label():
    assert label({"postcode": "12345", "grams": 900}) == "12345 3.90"


def test_unlisted():
    assert zone_for_pickup("99") == "ring"
    assert zone_for_return("99") == "remote"
