from tracking.status import status


def traffic(sdk):
    for number in range(14):
        sdk.crash("/orders/where", lambda n=f"P{1000 + number}": status(n), user=f"buyer-{number}")
