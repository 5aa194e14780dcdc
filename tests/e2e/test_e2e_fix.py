"""`loop fix` as people use it: a repository whose test fails."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import git

pytestmark = pytest.mark.e2e

FILES = {
    "shop/__init__.py": "",
    "shop/prices.py": '''"""Prices."""


class Basket:
    def __init__(self, items):
        self.items = items

    def total(self, free_from=100):
        """The sum; delivery is free from a sum on."""
        goods = sum(price * count for price, count in self.items)
        if goods > free_from:  # delivery
            return goods
        return goods + 5
''',
    "tests/test_prices.py": """import pytest
from shop.prices import Basket


@pytest.mark.parametrize("count", range(1, 40))
def test_total(count):
    goods = 10 * count
    assert Basket([(10, count)]).total() == (goods if goods >= 100 else goods + 5)


@pytest.mark.parametrize("limit", [0, 7, 15, 20, 21, 30])
def test_other_limits(limit):
    assert Basket([(10, 1), (5, 2)]).total(limit) == (20 if 20 >= limit else 25)


def test_nothing():
    assert Basket([]).total() == 5
""",
}


def loop(repo: Path, *args: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "loop_tui.cli", "fix", "--sandbox", "none", "--repo", str(repo), *args]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=240)


def test_fix_prints_a_diff_that_mends_the_repository(make_repo: Callable[..., Path]) -> None:
    repo = make_repo(FILES)
    said = loop(repo, "--test", "python -m pytest tests", "--json")
    assert said.returncode == 0, said.stderr
    found = json.loads(said.stdout)
    assert found["status"] == "fix"
    assert sorted(found["failing"]) == [
        "tests/test_prices.py::test_other_limits[20]", "tests/test_prices.py::test_total[10]",
    ]  # fmt: skip
    diff = found["candidates"][0]["diff"]
    assert "+        if goods >= free_from:  # delivery" in diff
    (repo / "fix.diff").write_text(diff)
    git(repo, "apply", "fix.diff")
    subprocess.run([sys.executable, "-m", "pytest", "-q", "tests"], cwd=repo, check=True, capture_output=True)


def test_a_command_that_cannot_be_read_is_one_sentence(make_repo: Callable[..., Path]) -> None:
    said = loop(make_repo(FILES), "--test", "make check")
    assert (said.returncode, said.stdout) == (1, "")
    assert "python -m pytest" in said.stderr
    assert "Traceback" not in said.stderr
