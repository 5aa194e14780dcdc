from bus.dispatch import dispatch


def traffic(sdk):
    for number in range(6):
        messages = [{"id": number, "headers": {"kind": "invoice", "version": "1"}}]
        sdk.crash("worker:bus", lambda m=messages: dispatch(m))
