from radio.show import caption


def traffic(sdk):
    for number, tracks in enumerate((["a"], ["a", "b"], ["a", "b", "c"], ["x"])):
        sdk.crash("/player", lambda t=tracks: caption(t, len(t) - 1), user=f"listener-{number}")
