"""The regression test that goes with a change: what its calls give, in either style of test."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from agents.harness.search.evaluate import _DRIVER, Observed
from agents.harness.search.regression import strengthened
from agents.harness.search.suspect import Candidate
from agents.harness.search.trials import Trial

CALL = "from app import half\n\n\ndef test_half():\n    half(n=0)\n"
METHOD = """import unittest

from app import half


class HalfRegressionTest(unittest.TestCase):
    def test_half(self):
        half(n=0)
"""
CLOCK = """from unittest.mock import patch

from app import half


def test_half():
    with patch("app.half", wraps=half):
        half(n=0)
"""
REQUEST = """from app import client


def test_get_half():
    response = client.get("/half")
    assert response.status_code < 500, response.text
"""
APP = """
class client:
    @staticmethod
    def get(path):
        class Response:
            status_code, text = 200, path
        return Response


def half(n):
    return 10 // (n or 1)
"""
CASES = [
    (CALL, "10", "    assert half(n=0) == 10"),
    (CALL, "None", "    assert half(n=0) is None"),
    (METHOD, "10", "        self.assertEqual(half(n=0), 10)"),
    (METHOD, "True", "        self.assertIs(half(n=0), True)"),
    (CLOCK, "10", "        assert half(n=0) == 10"),
    (REQUEST, "(200, '/half')", "    assert response.status_code == 200, response.text"),
]


def observed(source: str, value: str) -> Observed:
    trial = Trial(0, "tests/test_half.py", source, [], "half(n=0)")
    return Observed(Candidate("app.py", "", "", 4, "", ""), trial, (("value", value),))


@pytest.mark.parametrize(("source", "value", "line"), CASES)
def test_a_call_is_compared_with_what_the_change_gives(source: str, value: str, line: str) -> None:
    made = strengthened(source, observed(source, value))
    assert made.splitlines()[-1] == line
    assert made.splitlines()[:-1] == source.splitlines()[:-1]


def test_what_is_no_literal_stays_a_call() -> None:
    assert strengthened(CALL, observed(CALL, "<Cart object at 0x7f>")) == CALL


def test_candidates_are_watched_through_any_style_of_test(tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text(APP)
    tests = [CALL, METHOD, CLOCK, REQUEST]
    request = {"root": "", "tests": tests, "timeout": 10, "candidates": [{"app.py": APP}]}
    line = [sys.executable, "-I", str(_DRIVER)]
    done = subprocess.run(line, cwd=tmp_path, input=json.dumps(request), text=True, capture_output=True, check=True)
    call = [["value", "10"]]
    assert json.loads(done.stdout) == [call, call, call, [["value", "(200, '/half')"]]]
