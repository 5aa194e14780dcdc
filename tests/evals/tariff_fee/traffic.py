from parking.gate import display


def traffic(sdk):
    for number in range(6):
        stay = {"plate": f"B-{number}", "tariff": "weekend", "minutes": 50 * (number + 1)}
        sdk.crash("/gate/leave", lambda s=stay: display(s), user=f"B-{number}")
