"""`loop sources` and `loop doctor`: how sources fare, switched, checked, read anew."""

from __future__ import annotations

import json
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from loop_tui.cli import app

CONFIG = """
[github]
repositories = ["shop/web"]
api = "http://127.0.0.1:{port}"
timeout = 2

[linear]
teams = ["ENG"]
"""


@pytest.fixture
def loop(make_repo: Callable[..., Path], monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    with socket.socket() as probe:  # nobody listens there
        probe.bind(("127.0.0.1", 0))
        repo = make_repo({"loop.toml": CONFIG.format(port=probe.getsockname()[1])})
    monkeypatch.delenv("LINEAR_API_KEY")

    def run(*words: str) -> Result:
        return CliRunner().invoke(app, [*words, "--repo", str(repo)])

    return run


def rows(result: Result) -> dict[str, Any]:
    return {row["name"]: row for row in json.loads(result.stdout)}


def test_each_source_says_how_it_fares_and_what_to_do(loop: Callable[..., Result]) -> None:
    found = rows(loop("sources", "--json"))
    assert {name: (row["enabled"], row["polled"], row["lag"]) for name, row in found.items()} == {
        "github": (True, True, None), "linear": (True, True, None),
    }  # fmt: skip
    checked = loop("sources", "check")
    assert checked.exit_code == 1
    assert "github       on   last success never" in checked.stdout
    assert "→ GitHub cannot be reached at 127.0.0.1" in checked.stdout
    assert "→ Linear wants an API key that may read; set LINEAR_API_KEY in the environment" in checked.stdout


def test_a_source_that_is_off_is_not_asked(loop: Callable[..., Result]) -> None:
    for name in ("linear", "github"):
        assert f"{name} is off now; `loop sources enable {name}`" in loop("sources", "disable", name).stdout
    assert loop("sources", "disable", "linear").stdout == "linear is off already.\n"
    assert loop("sources", "check").exit_code == 0
    listed = loop("sources").stdout
    assert "linear       off" in listed
    assert "→ `loop sources enable linear` switches it on" in listed
    assert rows(loop("sources", "--json"))["github"]["tried_at"] is None
    assert "linear is on now" in loop("sources", "enable", "linear").stdout
    assert loop("sources", "check", "linear").exit_code == 1


def test_reading_begins_anew(loop: Callable[..., Result]) -> None:
    assert "read from the beginning" in loop("sources", "backfill", "github").stdout


@pytest.mark.parametrize("words", [("disable",), ("explode",), ("enable",), ("backfill",)])
def test_what_is_not_said_right_is_refused(loop: Callable[..., Result], words: tuple[str, ...]) -> None:
    assert loop("sources", *words).exit_code == 2


@pytest.mark.parametrize("action", ["disable", "check", "backfill"])
def test_a_name_that_is_none_is_refused(loop: Callable[..., Result], action: str) -> None:
    refused = loop("sources", action, "jira\x1b[2J")
    assert refused.exit_code == 1
    assert "No source jira␛[2J is polled here; those that are: github, linear." in refused.stderr


def test_the_doctor_tries_each_key(loop: Callable[..., Result]) -> None:
    found = rows(loop("doctor", "--json"))
    assert not found["github"]["ok"]
    assert found["linear"]["remedy"].startswith("set LINEAR_API_KEY in the environment")
    assert not found["linear"]["needed"]
