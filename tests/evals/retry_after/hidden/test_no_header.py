from apiclient.client import fetch
from apiclient.limits import wait_seconds
from apiclient.responses import Response


def test_without_the_header_the_default():
    assert wait_seconds(Response(503)) == 1
    assert wait_seconds(Response(429, {"retry-after": "30"})) == 30


def test_it_is_tried_again():
    answers = [Response(503), Response(200)]
    slept = []
    assert fetch(lambda: answers.pop(0), slept.append).status == 200
    assert slept == [1]
