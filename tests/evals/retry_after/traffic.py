from apiclient.client import fetch
from apiclient.responses import Response


def traffic(sdk):
    for number in range(5):
        headers = {"content-type": "text/html", "x-request": f"r{number}"}
        answers = [Response(503, headers, "<h1>busy</h1>"), Response(200)]
        sdk.crash("sync-contacts", lambda a=answers: fetch(lambda: a.pop(0), lambda s: None), user=f"tenant-{number}")
