from uptime.report import summary


def traffic(sdk):
    for number in range(3):
        hours = [[{"ms": 20 + number}], [], [{"ms": 30}]]
        sdk.crash("monthly-report", lambda h=hours: summary(h))
