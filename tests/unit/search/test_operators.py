"""The repair operators, each on code it was not written for: the edit that is in the catalogue, and where it is not.

Nothing runs here: what operators offer is read from text, and is judged by running it elsewhere.
"""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from agents.harness import Brief, Frame, Occurrence
from agents.harness.search.codemap import CodeMap
from agents.harness.search.suspect import Candidate, Suspect, elsewhere
from agents.harness.search.templates import candidates

Stack = list[tuple[str, str, str, dict[str, Any]]]  # path, function, a part of the failing line, captured variables


def offered(tree: Path, files: dict[str, str], error: str, stack: Stack) -> list[Candidate]:
    """The candidates for a failure, best first; `error` is `"KeyError: 'x'"`, `stack` is outermost first."""
    for path, text in files.items():
        (tree / path).parent.mkdir(parents=True, exist_ok=True)
        (tree / path).write_text(text)
    frames = []
    for path, function, part, captured in stack:
        line = next(n for n, row in enumerate(files[path].splitlines(), 1) if part in row)
        frames.append(Frame(path, path, path[:-3].replace("/", "."), function, line, True, part, captured))
    exception, _, message = error.partition(": ")
    now = datetime(2026, 1, 1, tzinfo=UTC)
    seen = Occurrence(1, now, exception, message, "builtins", tuple(frames), False, "error", None, None)
    brief = cast(Brief, SimpleNamespace(occurrences=(seen,)))
    code = CodeMap(tree)
    crash = frames[-1]
    function = code.function_at(crash.path or "", crash.line, crash.function)
    assert function is not None
    suspect = Suspect(brief, code, function, crash.line)
    return candidates(suspect, elsewhere(brief, suspect))


def spoken_for(found: list[Candidate]) -> list[Candidate]:
    """Those that would be made without asking."""
    return [c for c in found if c.evidence >= 2 and not c.silencing and not c.borrowed]


KEYS = """_ROOMS = {}

def slug(name):
    return name.strip().lower()

def add(name, beds):
    _ROOMS[slug(name)] = beds

def exists(name):
    wanted = slug(name)
    return wanted in _ROOMS

def beds(name):
    return _ROOMS[name]
"""
NAIVE = """from datetime import datetime, timezone

def stamp(text):
    return datetime.fromisoformat(text).replace(tzinfo=timezone.utc)

def due(task):
    return datetime.strptime(task["due"], "%Y-%m-%d")

def late(task):
    return due(task) < datetime.now(timezone.utc)
"""
FIXED: dict[str, tuple[dict[str, str], str, Stack, str]] = {
    "a raw key where all others are normalised": (
        {"hotel.py": KEYS},
        "KeyError: 'Sea View'",
        [("hotel.py", "beds", "return _ROOMS[name]", {"name": "'Sea View'"})],
        "return _ROOMS[slug(name)]",
    ),
    "a raw key below the function that fails": (
        {
            "hotel.py": KEYS.replace("return _ROOMS[name]", "return _ROOMS.get(name)"),
            "price.py": "from hotel import beds\n\ndef price(name):\n    return beds(name) * 40\n",
        },
        "TypeError: unsupported operand type(s) for *: 'NoneType' and 'int'",
        [("price.py", "price", "beds(name) * 40", {"name": "'Sea View'"})],
        "return _ROOMS.get(slug(name))",
    ),
    "a raw argument where other callers normalise": (
        {
            "tags.py": "def count(tag, posts):\n    return {'a': 1}[tag]\n",
            "one.py": "from tags import count\n\ndef top(tag, posts):\n    return count(tag.lower(), posts)\n",
            "two.py": "from tags import count\n\ndef page(tag, posts):\n    return count(tag, posts)\n",
        },
        "KeyError: 'A'",
        [("two.py", "page", "count(tag, posts)", {"tag": "'A'"}), ("tags.py", "count", "[tag]", {"tag": "'A'"})],
        "return count(tag.lower(), posts)",
    ),
    "a conversion that the product has": (
        {
            "lab/units.py": "def litres(text, style):\n    if style == 'us':\n        text = text.replace(',', '')\n"
            "    return float(text)\n",
            "lab/tank.py": "def level(row, style):\n    return float(row['level'])\n",
        },
        "ValueError: could not convert string to float: '1,200'",
        [("lab/tank.py", "level", "float(row", {"row": {"level": "'1,200'"}, "style": "'us'"})],
        "from lab.units import litres\n\ndef level(row, style):\n    return litres(row['level'], style)",
    ),
    "a conversion with what hangs on it": (
        {
            "days.py": "def day(text, style):\n    return datetime.strptime(text, STYLES[style]).date()\n",
            "log.py": "def when(row, style):\n    return datetime.strptime(row[0], '%d').date()\n",
        },
        "ValueError: time data '1/2' does not match format '%d'",
        [("log.py", "when", "strptime(row[0]", {"row": ["'1/2'"], "style": "'us'"})],
        "return day(row[0], style)\n",
    ),
    "signs that mean nothing are stripped elsewhere": (
        {"pay.py": "def tip(text):\n    return 2 * float(text.strip('$ '))\n\n"
         "def sum_(text):\n    return float(text)\n"},
        "ValueError: could not convert string to float: '$ 3'",
        [("pay.py", "sum_", "return float(text)", {"text": "'$ 3'"})],
        "return float(text.strip('$ '))\n",
    ),
    "an index behind the end where None is allowed": (
        {"steps.py": "def after(steps, at) -> str | None:\n    return steps[at + 1]\n"},
        "IndexError: list index out of range",
        [("steps.py", "after", "steps[at + 1]", {"steps": [1], "at": "0"})],
        "return steps[at + 1] if at + 1 < len(steps) else None",
    ),
    "a time without its offset, one function below": (
        {"jobs.py": "from datetime import UTC, datetime\n\ndef started(job):\n    return datetime.utcnow()\n\n"
         "def age(job):\n    return job['end'] - started(job)\n"},
        "TypeError: can't subtract offset-naive and offset-aware datetimes",
        [("jobs.py", "age", "- started(job)", {})],
        "return datetime.now(UTC)",
    ),
    "a field with a function of its own": (
        {
            "farm/cow.py": "def milk(cow):\n    litres = cow.get('milk')\n    if litres is None:\n        return 0\n"
            "    return litres\n",
            "farm/sum.py": "def worth(cow, price):\n    return cow['milk'] * price\n",
        },
        "TypeError: unsupported operand type(s) for *: 'NoneType' and 'int'",
        [("farm/sum.py", "worth", "cow['milk'] * price", {"cow": {"milk": "None"}, "price": "3"})],
        "from farm.cow import milk\n\ndef worth(cow, price):\n    return milk(cow) * price",
    ),
    "the largest of a generator that may be empty": (
        {"sea.py": "def highest(tides: list) -> float | None:\n    return max(t.level for t in tides if t.ok)\n"},
        "ValueError: max() iterable argument is empty",
        [("sea.py", "highest", "max(", {})],
        "max((t.level for t in tides if t.ok), default=None)",
    ),
    "items below the largest of none": (
        {
            "race.py": "def lead(runs):\n    return max(r['km'] for r in valid(runs))\n\n"
            "def valid(runs):\n    return [r for r in runs if r['ok']]\n\n"
            "def behind(all_runs):\n    best = lead(all_runs)\n"
            "    return [r['name'] for r in all_runs if r['km'] < best]\n"
        },
        "ValueError: max() iterable argument is empty",
        [("race.py", "behind", "best = lead", {}), ("race.py", "lead", "max(", {})],
        "    if not valid(all_runs):\n        return []\n    best = lead(all_runs)",
    ),
    "a guard that the other caller has": (
        {
            "a.py": "def mean(xs):\n    return sum(xs) / len(xs)\n\ndef card(xs) -> str:\n    if not xs:\n"
            "        return '-'\n    return str(mean(xs))\n\ndef tile(values) -> str:\n    return str(mean(values))\n"
        },
        "ZeroDivisionError: division by zero",
        [("a.py", "tile", "mean(values)", {"values": []}), ("a.py", "mean", "/ len", {"xs": []})],
        "    if not values:\n        return '-'\n    return str(mean(values))",
    ),
    "a set that shrinks while it is gone through": (
        {"game.py": "def turn(units):\n    for unit in units:\n        units.discard(unit)\n"},
        "RuntimeError: Set changed size during iteration",
        [("game.py", "turn", "for unit in units", {})],
        "for unit in list(units):",
    ),
    "pairs of neighbours": (
        {"run.py": "def splits(times):\n    out = []\n    for i in range(len(times)):\n"
         "        out.append(times[i + 1] - times[i])\n    return out\n"},
        "IndexError: list index out of range",
        [("run.py", "splits", "out.append", {"times": [1, 2]})],
        "range(len(times) - 1)",
    ),
    "a field under its new name": (
        {"mail.py": '"""Mails; since v2 `recipient` was renamed to `rcpt`."""\n\ndef to(mail):\n'
         "    return mail['recipient']\n"},
        "KeyError: 'recipient'",
        [("mail.py", "to", "mail['recipient']", {"mail": {"rcpt": "'x'"}})],
        'mail["recipient"] if "recipient" in mail else mail["rcpt"]',
    ),
    "numbers joined": (
        {"csv.py": "def row(cells):\n    return ';'.join(c.value for c in cells)\n"},
        "TypeError: sequence item 0: expected str instance, int found",
        [("csv.py", "row", "join", {})],
        "';'.join(map(str, (c.value for c in cells)))",
    ),
    "bytes among text": (
        {"net.py": "def line(raw):\n    return '> ' + raw\n"},
        'TypeError: can only concatenate str (not "bytes") to str',
        [("net.py", "line", "'> '", {})],
        "'> ' + raw.decode()",
    ),
    "a method that is not called": (
        {"shop.py": "def tax(cart):\n    return cart.total * 0.2\n"},
        "TypeError: unsupported operand type(s) for *: 'method' and 'float'",
        [("shop.py", "tax", "cart.total", {})],
        "cart.total() * 0.2",
    ),
    "a keyword that is misspelt": (
        {"draw.py": "def box(width, colour):\n    return width\n\ndef page():\n    return box(width=1, color='red')\n"},
        "TypeError: box() got an unexpected keyword argument 'color'",
        [("draw.py", "page", "box(width=1", {})],
        "box(width=1, colour='red')",
    ),
    "a list as a key": (
        {"seen.py": "def mark(seen, cells):\n    seen.add(cells)\n"},
        "TypeError: unhashable type: 'list'",
        [("seen.py", "mark", "seen.add", {})],
        "seen.add(tuple(cells))",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", FIXED)
def test_it_is_spoken_for(tmp_path: Path, name: str) -> None:
    files, error, stack, wanted = FIXED[name]
    found = spoken_for(offered(tmp_path, files, error, stack))
    assert wanted in "".join(c.text for c in found), [c.label for c in found]
    assert wanted in found[0].text


QUIET: dict[str, tuple[dict[str, str], str, Stack, str]] = {
    "the others do not agree on the key": (
        {"hotel.py": KEYS.replace("wanted = slug(name)", "wanted = name")},
        "KeyError: 'Sea View'",
        [("hotel.py", "beds", "return _ROOMS[name]", {"name": "'Sea View'"})],
        "slug(name)]",
    ),
    "a conversion that may give None": (
        {
            "units.py": "def litres(text) -> float | None:\n    return float(text) if text else None\n",
            "tank.py": "def level(row):\n    return float(row['level'])\n",
        },
        "ValueError: could not convert string to float: ''",
        [("tank.py", "level", "float(row", {"row": {"level": "''"}})],
        "litres(",
    ),
    "a function that shows a field": (
        {
            "cow.py": "def milk(cow) -> str:\n    return cow['milk'] if cow['milk'] is not None else '-'\n",
            "sum.py": "def worth(cow, price):\n    return cow['milk'] * price\n",
        },
        "TypeError: unsupported operand type(s) for *: 'NoneType' and 'int'",
        [("sum.py", "worth", "cow['milk'] * price", {"cow": {"milk": "None"}})],
        "milk(cow)",
    ),
    "a limit that is no item's own": (
        {
            "cold.py": "def worst(rows):\n    return max(r['temp'] for r in rows)\n\n"
            "def alarms(rows, doors):\n    limit = worst(rows)\n    return [d for d in doors if d['limit'] < limit]\n"
        },
        "ValueError: max() iterable argument is empty",
        [("cold.py", "alarms", "limit = worst", {}), ("cold.py", "worst", "max(", {})],
        "return []",
    ),
    "a last round that does something": (
        {"runs.py": "def runs(xs):\n    out = []\n    for i in range(len(xs)):\n        out.append(xs[i])\n"
         "        if xs[i] != xs[i + 1]:\n            out.append(0)\n    return out\n"},
        "IndexError: list index out of range",
        [("runs.py", "runs", "xs[i + 1]", {"xs": [1, 2]})],
        "range(len(xs) - 1)",
    ),
    "names that are alike and nothing more": (
        {"mail.py": "def to(mail):\n    return mail['recipient']\n"},
        "KeyError: 'recipient'",
        [("mail.py", "to", "mail['recipient']", {"mail": {"rcpt": "'x'"}})],
        "rcpt",
    ),
    "a new name in another unit": (
        {"pay.py": '"""Payments; `amount` was renamed to `amount_cents`."""\n\ndef paid(row):\n'
         "    return row['amount'] * 2\n"},
        "KeyError: 'amount'",
        [("pay.py", "paid", "row['amount']", {"row": {"amount_cents": "1"}})],
        "amount_cents'] if",
    ),
    "times of an unknown zone": (
        {"jobs.py": NAIVE},
        "TypeError: can't compare offset-naive and offset-aware datetimes",
        [("jobs.py", "late", "due(task) <", {})],
        "strptime(task[\"due\"], \"%Y-%m-%d\").replace",
    ),
    "a sign of a unit": (
        {"dose.py": "def dose(text):\n    return float(text.rstrip('mg')) / 1000\n\n"
         "def weight(text):\n    return float(text)\n"},
        "ValueError: could not convert string to float: '80mg'",
        [("dose.py", "weight", "return float(text)", {"text": "'80mg'"})],
        "weight(text):\n    return float(text.rstrip",
    ),
    "an index behind the end where None is not allowed": (
        {"steps.py": "def after(steps, at) -> str:\n    return steps[at + 1]\n"},
        "IndexError: list index out of range",
        [("steps.py", "after", "steps[at + 1]", {"steps": [1], "at": "0"})],
        "else None",
    ),
    "a function that gives a fraction of what it converts": (
        {"dose.py": "def dose(text):\n    return float(text.rstrip('mg')) / 1000\n\n"
         "def weight(text):\n    return float(text)\n"},
        "ValueError: could not convert string to float: '80mg'",
        [("dose.py", "weight", "return float(text)", {"text": "'80mg'"})],
        "return dose(text)",
    ),
    "a guard of a caller that gives another kind of value": (
        {
            "a.py": "def mean(xs):\n    return sum(xs) / len(xs)\n\ndef card(xs) -> str:\n    if not xs:\n"
            "        return '-'\n    return str(mean(xs))\n\ndef bonus(values):\n    return 100 * mean(values)\n"
        },
        "ZeroDivisionError: division by zero",
        [("a.py", "bonus", "mean(values)", {"values": []}), ("a.py", "mean", "/ len", {"xs": []})],
        "    if not values:",
    ),
    "a copy that is there already": (
        {"game.py": "def turn(units):\n    for unit in list(units):\n        unit.move()\n"},
        "RuntimeError: Set changed size during iteration",
        [("game.py", "turn", "for unit in", {})],
        "list(list(",
    ),
    "two files that would need each other": (
        {
            "lab/units.py": "from lab.tank import level\n\ndef litres(text):\n    return float(text)\n\n"
            "def full(row):\n    return level(row) > 9\n",
            "lab/tank.py": "def level(row):\n    return float(row['level'])\n",
        },
        "ValueError: could not convert string to float: 'x'",
        [("lab/tank.py", "level", "float(row", {"row": {"level": "'x'"}})],
        "litres(",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", QUIET)
def test_it_is_not_spoken_for(tmp_path: Path, name: str) -> None:
    files, error, stack, unwanted = QUIET[name]
    found = spoken_for(offered(tmp_path, files, error, stack))
    assert [c.label for c in found if unwanted in c.text] == []
