from outlet.labels import reduced


def traffic(sdk):
    for number, text in enumerate(("15%", "20%", "5%", "12.5%")):
        sdk.crash("/labels/print", lambda t=text: reduced(1000, t), user=f"shop-{number}")
