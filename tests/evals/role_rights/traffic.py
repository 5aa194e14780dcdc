from access.pages import delete_page


def traffic(sdk):
    for number in range(6):
        member = {"name": f"m{number}", "role": "contractor"}
        sdk.crash("/pages/delete", lambda m=member: delete_page(m, "home"), user=f"m{number}")
