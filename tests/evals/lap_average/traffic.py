from circuit.pace import line


def traffic(sdk):
    for number in range(5):
        laps = [{"seconds": 130.0 + number, "pit": True}] * (number % 2)
        sdk.crash("/wall/screen", lambda found=laps: line("Ada", found), user=f"wall-{number}")
