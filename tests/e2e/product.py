"""A small product that is not the demo: a repository with a real crash, and events of it from a real SDK."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.conftest import plain_python

FILES = {
    "billing/__init__.py": "",
    "billing/quotes.py": '''"""Quotes for customers, with an optional partner discount."""

from __future__ import annotations


def partner_discount(customer: dict) -> int:
    """Percent off that the customer's partner gives, 0 without a partner."""
    partner = customer.get("partner")
    if partner is None:
        return 0
    return partner["percent"]


def quote_total(customer: dict, lines: list[dict]) -> int:
    """What the quote comes to, in cents."""
    total = sum(line["quantity"] * line["price"] for line in lines)
    partner = customer.get("partner")
    return total - total * partner["percent"] // 100


def quote_lines(lines: list[dict]) -> list[str]:
    """One text line for each line of the quote."""
    return [f"{line['quantity']} x {line['name']}" for line in lines]
''',
    "tests/test_quotes.py": """from billing.quotes import partner_discount, quote_lines, quote_total

LINES = [{"name": "Desk", "quantity": 2, "price": 10000}]


def test_total_with_a_partner():
    assert quote_total({"name": "A", "partner": {"percent": 10}}, LINES) == 18000


def test_discount_without_a_partner():
    assert partner_discount({"name": "A", "partner": None}) == 0


def test_lines():
    assert quote_lines(LINES) == ["2 x Desk"]
""",
}

_SENDER = """
import json, sys
import sentry_sdk
from billing.quotes import quote_total

events = []
sentry_sdk.init(
    dsn="http://key@127.0.0.1:9/1", release=sys.argv[1], before_send=lambda event, hint: events.append(event),
    default_integrations=False,
)
for number in range(int(sys.argv[2])):
    with sentry_sdk.new_scope() as scope:
        scope.set_user({"id": str(number)})
        scope.set_transaction_name("/quote")
        customer = {"name": f"Customer {number}", "partner": None}
        try:
            quote_total(customer, [{"name": "Desk", "quantity": 1 + number, "price": 12000}])
        except Exception as error:
            sentry_sdk.capture_exception(error)
with open(sys.argv[3], "w") as out:
    for event in events:
        out.write(json.dumps(event, default=str) + "\\n")
"""


def events(repo: Path, target: Path, count: int = 4, release: str = "") -> Path:
    """Crash the product `count` times under a real SDK and keep its events as JSONL."""
    env = {**os.environ, "PYTHONPATH": str(repo), "PYTHONDONTWRITEBYTECODE": "1"}
    subprocess.run(
        [sys.executable, "-c", _SENDER, release or "unreleased", str(count), str(target)], env=env, check=True, cwd=repo
    )
    assert len(target.read_text().splitlines()) == count
    return target


def command(*args: str, repo: Path) -> list[str]:
    """The command line of `loop`, as a person would type it."""
    return [sys.executable, "-m", "loop_tui.cli", *args, "--repo", str(repo)]


def environment(**extra: str) -> dict[str, str]:
    """What `loop` is started with: a sandbox whose Python has nothing installed starts fastest."""
    return {**os.environ, "LOOP_SANDBOX__PYTHON": plain_python(), **extra}


def loop(
    *args: str, repo: Path, check: bool = True, env: dict[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run the `loop` command to its end."""
    done = subprocess.run(
        command(*args, repo=repo), capture_output=True, text=True, check=False, timeout=300,
        env=environment(**(env or {})),
    )  # fmt: skip
    if check and done.returncode:
        raise AssertionError(f"loop {' '.join(args)} ended with {done.returncode}: {done.stderr}")
    return done


def loop_json(*args: str, repo: Path) -> Any:
    """Run a `loop` command with --json and read what it printed."""
    return json.loads(loop(*args, "--json", repo=repo).stdout)
