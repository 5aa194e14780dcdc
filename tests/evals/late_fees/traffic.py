from library.account import owed


def traffic(sdk):
    for number in range(5):
        reader = {"card": f"R{number}", "loans": [{"due": 3, "renewals": None}, {"due": 90, "renewals": 1}]}
        sdk.crash("/account", lambda r=reader: owed(r, 10), user=f"R{number}")
