from journal.posting import post


def traffic(sdk):
    for number in range(5):
        entry = {"account": "4400", "amount": 1000.0 + number, "currency": "JPY"}
        sdk.crash("/journal/post", lambda e=entry: post([], e), user=f"clerk-{number % 3}")
