from border.gate import enter


def traffic(sdk):
    for number in range(12):
        paper = {"number": f"P{number}", "until": 100 - number}
        sdk.works("/gate/enter", lambda p=paper: enter(p, 120), user=f"gate-{number % 3}")
