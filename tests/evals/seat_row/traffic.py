from cinema.prices import price

HALL = {"price": 900, "weekend": 2, "rows": [{"label": "A", "surcharge": 0}]}


def traffic(sdk):
    for number, label in enumerate(("M", "N", "M", "O", "M")):
        sdk.crash("/tickets/price", lambda r=label: price(HALL, r), user=f"guest-{number}")
