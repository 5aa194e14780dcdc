"""A real sentry-sdk process sends to `loop listen`: nothing is lost, counts and users are right."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.e2e.product import loop_json

pytestmark = pytest.mark.e2e

_SENDER = """
import json, sys
import sentry_sdk

ids = []
def note(event, hint):
    ids.append([event["event_id"], event["user"]["id"]])
    return event

sentry_sdk.init(dsn=sys.argv[1], before_send=note, transport_queue_size=5000)
kinds = [type(f"Kind{n}Error", (Exception,), {}) for n in range(20)]

def fail(kind, number):
    raise kinds[kind](f"order {number} of customer 'c{number}' failed at 0x{number:08x}")

for number in range(1000):
    with sentry_sdk.new_scope() as scope:
        scope.set_user({"id": f"u{number % 70}"})
        try:
            fail(number % 20, number)
        except Exception as error:
            sentry_sdk.capture_exception(error)
sentry_sdk.flush(timeout=120)
print(json.dumps(ids))
"""


def test_a_thousand_errors_of_twenty_kinds(make_repo: Callable[..., Path]) -> None:
    repo = make_repo({"a.py": "x = 1\n"})
    server = subprocess.Popen(
        [sys.executable, "-m", "loop_tui.cli", "listen", "--port", "0", "--json", "--repo", str(repo)],
        stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        assert server.stdout is not None
        head = ""
        while not head.rstrip().endswith("}"):
            head += server.stdout.readline()
        sent = subprocess.run(
            [sys.executable, "-c", _SENDER, json.loads(head)["dsn"]], capture_output=True, text=True, check=True
        )
    finally:
        server.send_signal(signal.SIGTERM)
        assert server.wait(30) == 0
    ids = json.loads(sent.stdout)
    assert len(ids) == 1000
    reports = loop_json("reports", repo=repo)
    assert len(reports) == 20
    assert {report["signal_count"] for report in reports} == {50}
    for report in reports:
        kind = int(report["title"].removeprefix("Kind").partition("Error")[0])
        assert report["user_count"] == len({number % 70 for number in range(1000) if number % 20 == kind})
    shown = [loop_json("show", str(report["id"]), repo=repo) for report in reports]
    kept = {signal["external_id"] for report in shown for signal in report["signals"]}
    assert kept == {identity for identity, _ in ids}
