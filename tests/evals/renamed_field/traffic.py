from orderfeed.billing import owed


def traffic(sdk):
    for number in range(10):
        raw = {"sku": f"S{number}", "version": 2, "lines": [{"qty": 1 + number, "price": 450}]}
        sdk.crash("/feed/orders", lambda r=raw: owed(r), user="marketplace")
