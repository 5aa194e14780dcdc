from backups.prune import prunable


def traffic(sdk):
    for number in range(4):
        log = [{"name": f"n{number}", "day": number + 1, "state": "failed", "pinned": False}]
        sdk.crash("nightly-prune", lambda entries=log: prunable(entries))
