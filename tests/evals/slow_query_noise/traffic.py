from orders.listing import listing


def traffic(sdk):
    for number in range(26):
        sdk.works("/orders", lambda s=0.6 + number / 20: listing([], s), user=f"clerk-{number % 4}")
