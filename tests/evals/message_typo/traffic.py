from chatrelay.messages import Message
from chatrelay.relay import envelope


def traffic(sdk):
    for number in range(9):
        message = Message("ops", f"member-{number}", f"Server {number} is down", urgent=True)
        sdk.crash("/messages/send", lambda m=message: envelope(m), user=f"ops-{number % 6}")
