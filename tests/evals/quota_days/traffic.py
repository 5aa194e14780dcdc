from quota.limits import slowed


def traffic(sdk):
    for number in range(7):
        tenant = {"name": f"T{number}", "requests": [5, 3 + number], "quota": 0}
        sdk.crash("/api", lambda t=tenant: slowed(t), user=f"T{number}")
