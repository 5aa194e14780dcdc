"""What cannot be rebuilt, what a caller tells instead, and how a test is written."""

from __future__ import annotations

from tests.e2e.products.making import PLAIN, one
from tests.e2e.recording import Product

LEDGER = """
import json
import sqlite3


class Ledger:
    def __init__(self, connection, name):
        self.connection = connection
        self.name = name

    def __repr__(self):
        return f"Ledger of {self.name}"

    def share(self, by):
        return 1 / by


def read(handle, by):
    return handle.read(1) / by


def close(name, by):
    connection = sqlite3.connect(":memory:")
    return count(connection, by)


def count(connection, by):
    return connection.total_changes / by


def load(path):
    with open(path) as file:
        return pick(json.load(file), object())


def pick(rows, marker):
    return rows["a"]


def last(rows):
    return 1 / rows[-1]


def letters(text):
    return 1 / (text.count("a") - 3000)
"""


def told(traffic: str) -> Product:
    """A call with a value that cannot be rebuilt."""
    return one(LEDGER, traffic, "", "")


UNTOLD = {
    "in read() handle is an open file (_io.TextIOWrapper)": told("read(open('shop/app.py'), 0)"),
    "in count() connection is a database connection (sqlite3.Connection)": told("""
import sqlite3
count(sqlite3.connect(':memory:'), 0)"""),
    "in share() self is shown only as Ledger of Bo": told("Ledger(None, 'Bo').share(0)"),
    "a value had 10 items, as many as sentry-sdk sends, and may have had more": told("last([1] * 11 + [0])"),
    "in letters() text was cut short by the SDK": told("letters('a' * 3000)"),
    "load() was called again and needs the file /tmp/rows.json, whose content was not captured": told("""
import os
open('/tmp/rows.json', 'w').write('{}')
try:
    load('/tmp/rows.json')
finally:
    os.remove('/tmp/rows.json')
"""),
    "in last() rows is an iterator, whose items were not captured (list_iterator)": told("last(iter([0]))"),
}

FALLBACK = {
    "a caller's values": one(LEDGER, "close('a', 0)", "connection.total_changes / by", "0"),
}

STYLES = {
    "unittest": Product(
        {
            "shop/__init__.py": "",
            "shop/app.py": """
def half(n):
    return 10 / n
""",
            "tests/__init__.py": "",
            "tests/test_app.py": """
import unittest


class AppTest(unittest.TestCase):
    def test_a(self):
        pass
""",
        },
        f"{PLAIN}half(0)",
        ("shop/app.py", "10 / n", "10 / (n or 1)"),
    ),
    "below a folder": Product(
        {
            "services/api/shop/__init__.py": "",
            "services/api/shop/rates.py": """
RATE = 1
""",
            "services/api/shop/app.py": """
from shop.rates import RATE


def half(n):
    return 10 / n
""",
        },
        f"{PLAIN}half(0)",
        ("services/api/shop/app.py", "10 / n", "10 / (n or 1)"),
        root="services/api",
    ),
    "src": Product(
        {
            "src/shop/__init__.py": "",
            "src/shop/app.py": """
def half(n):
    return 10 / n
""",
        },
        f"{PLAIN}half(0)",
        ("src/shop/app.py", "10 / n", "10 / (n or 1)"),
        root="src",
    ),
    "long": one(
        """
from dataclasses import dataclass


@dataclass
class Order:
    names: list[str]
    prices: dict[str, int]
    note: str = ''

    def mean(self, by, digits=2):
        return round(sum(self.prices.values()) / by, digits)
""",
        "names = ['Desk with drawers', 'Chair with arms']\n"
        "Order(names, {'Desk with drawers': 1200, 'Chair with arms': 300, 'Lamp': 5}, 'x' * 40).mean(0)",
        "/ by",
        "/ (by or 1)",
    ),
}
