from coldroom.alarm import check


def traffic(sdk):
    for number in range(8):
        room = {"name": f"Room {number % 2}", "readings": [{"celsius": -99.0, "ok": False}]}
        sdk.crash("watch-rooms", lambda r=room: check(r))
