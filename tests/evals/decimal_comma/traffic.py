from ledgerio.fees import fee


def traffic(sdk):
    for number, hours in enumerate(("7,5", "12,25", "3,5", "10,75")):
        sheet = {"country": "de", "rate": "90,00", "entries": [{"task": "Konzept", "hours": hours}]}
        sdk.crash("/sheets/submit", lambda s=sheet: fee(s), user=f"free-{number}")
