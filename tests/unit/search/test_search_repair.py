"""Which change the search makes, which question it asks, and what it leaves alone.

Each case is a small program that crashes under a real sentry-sdk; its event goes through the real reader, the real
reproduction and the real search, in a sandbox.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from agents.brief import make_brief
from agents.config import Settings
from agents.harness import Investigation, Proposal
from agents.harness.search.investigate import investigate
from agents.harness.search.propose import propose
from agents.intake import import_paths
from agents.models import Verdict
from agents.repository import Repository
from agents.services import Services
from agents.store import Store
from tests.conftest import plain_python

_SENDER = """
import json, sys
import sentry_sdk
sys.path.insert(0, sys.argv[1])
events = []
sentry_sdk.init(dsn="http://k@127.0.0.1:9/1", before_send=lambda e, h: events.append(e), default_integrations=False)
try:
    exec(sys.argv[3])
except Exception as error:
    sentry_sdk.capture_exception(error)
assert events, "it did not crash"
open(sys.argv[2], "w").write(json.dumps(events[0], default=str))
"""

TESTS = "def test_nothing_else():\n    assert True\n"


class Silent:
    """A transcript nobody reads."""

    async def step(
        self, kind: str, title: str, output: str = "", *, ok: bool | None = None, seconds: float = 0
    ) -> None:
        pass

    async def progress(self, line: str) -> None:
        pass


async def run(
    make_repo: Callable[..., Path], tmp_path: Path, code: str, call: str
) -> tuple[Investigation, Proposal | None]:
    repo = make_repo({"app.py": code, "test_app.py": TESTS})
    event = tmp_path / "event.json"
    subprocess.run([sys.executable, "-c", _SENDER, str(repo), str(event), f"import app\n{call}"], check=True)
    settings = Settings(repo=repo)
    settings.sandbox.kind, settings.sandbox.python = "none", plain_python()
    settings.ensure_state()
    store = await Store.open(settings.store_url)
    services = Services(settings, store, Repository(repo))
    await import_paths(services, [event], "sentry")
    sha = await services.repository.git("rev-parse", "HEAD")
    tree = await services.repository.export(sha, tmp_path / "tree")
    brief = await make_brief(services, 1, 1, Silent(), tree, sha)
    found = await investigate(brief)
    proposal = None
    if found.verdict is Verdict.ACTIONABLE:
        proposal = await propose(replace(brief, reproduction=found.reproduction))
    await store.close()
    return found, proposal


FIXED = {
    "sibling function": (
        """
def percent(customer):
    plan = customer.get("plan")
    if plan is None:
        return 0
    return plan["percent"]

def total(customer, amount):
    plan = customer.get("plan")
    return amount - amount * plan["percent"] // 100
""",
        'app.total({"plan": None}, 500)',
        "percent(customer)",
    ),
    "lines that only Python counts": (
        """
# one page\x0c
NOTE = "a\u2028b\x0c"

def percent(customer):
    plan = customer.get("plan")
    if plan is None:
        return 0
    return plan["percent"]

def total(customer, amount):
    plan = customer.get("plan")
    return amount - amount * plan["percent"] // 100
""",
        'app.total({"plan": None}, 500)',
        "percent(customer)",
    ),
    "default of a lookup elsewhere": (
        """
def label(order):
    return order.get("note", "-")

def line(order):
    return order["id"] + ": " + order["note"]
""",
        'app.line({"id": "a"})',
        "label(order)",
    ),
    "first use of a key": (
        """
def tally(words):
    counts = {}
    for word in words:
        counts[word] += 1
    return counts
""",
        'app.tally(["a", "b", "a"])',
        "counts.get(word, 0) + 1",
    ),
    "first append to a key": (
        """
def group(pairs):
    groups = {}
    for key, value in pairs:
        groups[key].append(value)
    return groups
""",
        'app.group([["a", 1], ["b", 2]])',
        "groups.setdefault(key, [])",
    ),
    "misspelt attribute": (
        """
from dataclasses import dataclass

@dataclass
class Order:
    quantity: int
    price: int

def cost(order):
    return order.quantiy * order.price
""",
        "app.cost(app.Order(quantity=2, price=5))",
        "order.quantity",
    ),
    "misspelt name": (
        """
def area(width, height):
    return width * heigth
""",
        "app.area(2, 3)",
        "width * height",
    ),
    "text and number": (
        """
def describe(name, count):
    return name + ": " + count
""",
        'app.describe("mugs", 3)',
        "str(count)",
    ),
    "absent list": (
        """
def names(order):
    result = []
    for item in order["items"]:
        result.append(item["name"])
    return result
""",
        'app.names({"items": None})',
        'order["items"] or []',
    ),
    "division guarded elsewhere": (
        """
def average(total, orders):
    if orders == 0:
        return 0
    return total / orders

def per_order(weight, orders):
    return weight / orders
""",
        "app.per_order(12, 0)",
        "if orders else 0",
    ),
    "declared optional": (
        """
def first_name(user: dict) -> str | None:
    profile = user.get("profile")
    return profile["first"]
""",
        'app.first_name({"profile": None})',
        "None",
    ),
    "local set on one path only": (
        """
def summed(values):
    for value in values:
        total += value
    return total
""",
        "app.summed([1, 2])",
        "total = 0",
    ),
    "where the value was made": (
        """
HALLS = {"opera": 900}

def has(name):
    return name.lower() in HALLS

def seats(name):
    return HALLS.get(name)

def half(name):
    return seats(name) // 2 if has(name) else 0
""",
        'app.half("Opera")',
        "HALLS.get(name.lower())",
    ),
    "in the caller": (
        """
def valid(runs):
    return [run for run in runs if run["ok"]]

def lead(runs):
    return max(run["km"] for run in valid(runs))

def behind(runs):
    best = lead(runs)
    return [run["name"] for run in runs if run["km"] < best]
""",
        'app.behind([{"name": "a", "km": 3, "ok": False}])',
        "if not valid(runs):\n        return []",
    ),
}


@pytest.mark.parametrize("name", FIXED)
async def test_it_is_fixed(make_repo: Callable[..., Path], tmp_path: Path, name: str) -> None:
    code, call, expected = FIXED[name]
    found, proposal = await run(make_repo, tmp_path, code, call)
    assert found.reproduction.confirmed, found.reproduction.why_not
    assert proposal is not None
    assert proposal.files, proposal.question or proposal.why_none
    assert expected in (proposal.files["app.py"] or "")
    assert "assert" in proposal.test_source or "summed" in proposal.test_source


ASKED = {
    "a table's default for another purpose": (
        """
RATES = {"EUR": 1.0}

def preview(amount, currency):
    return amount * RATES.get(currency, 1.0)

def book(amount, currency):
    return amount * RATES[currency]
""",
        'app.book(100, "JPY")',
    ),
    "a default that is shown elsewhere": (
        """
def caption(line):
    return f"{line.get('quantity', 0)} pieces"

def owed(line):
    return line["quantity"] * line["price"]
""",
        'app.owed({"qty": 2, "price": 5})',
    ),
    "a default that would decide": (
        """
def height(readings):
    return readings[-1] if readings else 0

def too_warm(readings):
    return readings[-1] > 7
""",
        "app.too_warm([])",
    ),
    "a value that only some branches choose": (
        """
def fee(tariff, hours):
    if tariff == "day":
        rate = 200
    elif tariff == "night":
        rate = 80
    return hours * rate
""",
        'app.fee("weekend", 3)',
    ),
    "an early return for another reason": (
        """
def fee(loan, today):
    late = max(0, today - loan["due"])
    if not late:
        return 0
    return 20 * late + 50 * loan["renewals"]
""",
        'app.fee({"due": 3, "renewals": None}, 10)',
    ),
    "a division by something else of the same thing": (
        """
def per_seat(tenant):
    return tenant["used"] / tenant["seats"] if tenant["seats"] else 0

def share(tenant):
    return tenant["used"] / tenant["quota"]
""",
        'app.share({"used": 8, "quota": 0})',
    ),
    "None out of a function of ours": (
        """
CODES = {"TEN": {"percent": 10}}

def find(code):
    return CODES.get(code)

def percent(code):
    found = find(code)
    if found is None:
        return 0
    return found["percent"]

def price(amount, code):
    found = find(code)
    return amount - amount * found["percent"] // 100
""",
        'app.price(500, "ten")',
    ),
    "two conventions": (
        """
RATES = {"DE": 5}
HOME, WORLD = 5, 20

def label(country):
    return RATES.get(country, WORLD)

def refund(country):
    return RATES.get(country, HOME)

def price(country, grams):
    return RATES[country] + grams
""",
        'app.price("CH", 10)',
    ),
    "a made-up value": (
        """
def share(part, whole):
    return part / whole
""",
        "app.share(3, 0)",
    ),
    "a key nobody else knows": (
        """
def tax(order):
    return order["amount"] * order["rate"] // 100
""",
        'app.tax({"amount": 100})',
    ),
    "what would change what went well": (
        """
def share(text):
    value = float(text.rstrip("%"))
    return min(value, 1.0)

def weight(text):
    return float(text)
""",
        'app.weight("80%")',
    ),
}


@pytest.mark.parametrize("name", ASKED)
async def test_it_is_asked(make_repo: Callable[..., Path], tmp_path: Path, name: str) -> None:
    code, call = ASKED[name]
    _, proposal = await run(make_repo, tmp_path, code, call)
    assert proposal is not None
    assert not proposal.files
    assert proposal.question is not None
    assert all(choice.example for choice in proposal.question.choices)


async def test_a_decimal_comma_is_no_thousands_separator(make_repo: Callable[..., Path], tmp_path: Path) -> None:
    code = "def hours(text):\n    return float(text)\n"
    _, proposal = await run(make_repo, tmp_path, code, 'app.hours("12,50")')
    assert proposal is not None
    assert not proposal.files


async def test_no_template_is_no_change(make_repo: Callable[..., Path], tmp_path: Path) -> None:
    code = "def check(age):\n    if age < 18:\n        raise PermissionError('too young')\n    return True\n"
    found, proposal = await run(make_repo, tmp_path, code, "app.check(12)")
    assert found.reproduction.confirmed
    assert proposal is not None
    assert not proposal.files
    assert proposal.question is None
    assert "No safe fix" in proposal.why_none


async def test_an_outage_is_not_actionable(make_repo: Callable[..., Path], tmp_path: Path) -> None:
    code = "import socket\n\ndef ask():\n    return socket.create_connection(('127.0.0.1', 9), 1)\n"
    found, _ = await run(make_repo, tmp_path, code, "app.ask()")
    assert found.verdict is Verdict.NOT_ACTIONABLE
    assert "did not answer" in found.verdict_reason


async def test_what_cannot_be_rebuilt_is_named(make_repo: Callable[..., Path], tmp_path: Path) -> None:
    code = "def use(handle):\n    return handle.missing\n"
    found, proposal = await run(make_repo, tmp_path, code, "app.use(object())")
    assert not found.reproduction.confirmed
    assert "handle" in found.reproduction.why_not
    assert proposal is not None
    assert not proposal.files
