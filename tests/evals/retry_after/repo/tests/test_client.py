from apiclient.client import fetch
from apiclient.limits import describe_wait, wait_seconds
from apiclient.responses import Response


def test_waits_as_long_as_the_server_says():
    answers = [Response(429, {"retry-after": "7"}), Response(200)]
    slept = []
    assert fetch(lambda: answers.pop(0), slept.append).status == 200
    assert slept == [7]


def test_no_wait():
    assert wait_seconds(Response(200)) == 0


def test_described():
    assert describe_wait(Response(429)) == "waiting 1 s"
