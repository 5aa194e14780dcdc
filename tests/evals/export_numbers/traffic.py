from exporter.rows import export


def traffic(sdk):
    for number in range(4):
        person = {"first": "Kim", "last": f"N{number}", "phones": [], "children": number}
        sdk.crash("cli:export", lambda p=person: export([p]))
