from pricelist.update import changed


def traffic(sdk):
    for number in range(3):
        text = f"A-{number};{100 + number}\n# Birke\nB-1;75\n"
        sdk.crash("/prices/take-over", lambda t=text: changed({}, t), user=f"buyer-{number}")
