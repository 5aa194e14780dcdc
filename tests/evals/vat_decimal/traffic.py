from taxes.receipts import receipt_vat


def traffic(sdk):
    for number, net in enumerate((0.29, 19.99, 4.35, 1.15, 7.5)):
        receipt = {"till": f"T{number}", "lines": [{"net": net, "kind": "standard"}]}
        sdk.crash("/receipts", lambda r=receipt: receipt_vat(r), user=f"till-{number}")
