"""`loop eval` on recorded cases, from the command line."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.e2e.product import environment

pytestmark = pytest.mark.e2e

CASES = Path(__file__).parents[1] / "evals"


def evaluate(*args: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "loop_tui.cli", "eval", *args]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=300, env=environment())


def test_a_case_that_is_fixed_and_one_that_is_not_to_be(tmp_path: Path) -> None:
    for name in ("export_numbers", "slow_query_noise"):
        shutil.copytree(CASES / name, tmp_path / name)
    done = evaluate(str(tmp_path), "--jobs", "2", "--json")
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    fixed, noise = found["cases"]
    assert (fixed["case"], fixed["ended"], fixed["fixed"], fixed["cause"]) == ("export_numbers", "fixed", True, True)
    assert (noise["ended"], noise["right"], noise["verdict"]) == ("not_actionable", True, True)
    assert fixed["seconds"] > 0
    totals = found["totals"]["search"]
    assert (totals["cases"], totals["right"], totals["fixed"], totals["false_fix"]) == (2, 2, 1, 0)


def test_a_change_that_fails_the_hidden_tests_is_told_and_fails_the_command(tmp_path: Path) -> None:
    case = tmp_path / "export_numbers"
    shutil.copytree(CASES / "export_numbers", case)
    (case / "hidden" / "test_more.py").write_text("def test_more():\n    assert False\n")
    done = evaluate(str(tmp_path))
    assert done.returncode == 1
    assert "FALSE FIX" in done.stdout


def test_bad_input_gets_a_sentence(tmp_path: Path) -> None:
    for args, said in (
        ((str(tmp_path / "none"),), "There is no folder"),
        ((str(CASES), "--harness", "oracle"), "no harness called 'oracle'"),
        ((str(CASES), "--case", "none"), "There is no case 'none'"),
    ):
        done = evaluate(*args)
        assert done.returncode == 1
        assert said in done.stderr
        assert "Traceback" not in done.stderr
