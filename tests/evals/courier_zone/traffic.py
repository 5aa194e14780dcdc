from parcels.labels import label


def traffic(sdk):
    for number, code in enumerate(("16515", "17033", "16225", "16515", "18055", "16761", "17489")):
        parcel = {"postcode": code, "grams": 400 * (number + 1)}
        sdk.crash("/parcels/label", lambda p=parcel: label(p), user=f"sender-{number}")
