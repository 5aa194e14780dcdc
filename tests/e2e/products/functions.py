"""Functions, by how their body comes to run."""

from __future__ import annotations

from tests.e2e.products.making import one

FUNCTIONS = {
    "function": one(
        """
def half(n):
    return 10 / n
""",
        "half(0)",
        "10 / n",
        "10 / (n or 1)",
    ),
    "varargs": one(
        """
def mix(first, *rest, by=1, **more):
    return first / by + sum(rest) + more['x']
""",
        "mix(1, 2, 3, by=0, x=2)",
        "first / by",
        "first / (by or 1)",
    ),
    "positional only": one(
        """
def ratio(a, /, b=0):
    return a / b
""",
        "ratio(1)",
        "a / b",
        "a / (b or 1)",
    ),
    "async": one(
        """
import asyncio


async def fetch(rows, key):
    await asyncio.sleep(0)
    return rows[key]
""",
        "asyncio.run(fetch({'a': 1}, 'b'))",
        "rows[key]",
        "rows.get(key)",
    ),
    "async method": one(
        """
import asyncio
from dataclasses import dataclass


@dataclass
class Feed:
    rows: dict[str, int]

    async def get(self, key):
        return self.rows[key]
""",
        "asyncio.run(Feed({'a': 1}).get('b'))",
        "self.rows[key]",
        "self.rows.get(key)",
    ),
    "async generator": one(
        """
import asyncio


async def parts(values):
    for value in values:
        yield 1 / value


async def main():
    return [part async for part in parts([1, 0])]
""",
        "asyncio.run(main())",
        "1 / value",
        "1 / (value or 1)",
    ),
    "generator": one(
        """
def parts(values):
    for value in values:
        yield 1 / value
""",
        """
g = parts([1, 0])
next(g); next(g)""",
        "1 / value",
        "1 / (value or 1)",
    ),
    "lazy iterator": one(
        """
def parts(values):
    return (1 / value for value in values)


def show(values):
    return sum(parts(values))
""",
        "show([1, 0])",
        "1 / value",
        "1 / (value or 1)",
    ),
    "map of a lambda": one(
        """
def parts(values):
    return map(lambda value: 1 / value, values)


def show(values):
    return sum(parts(values))
""",
        "show([1, 0])",
        "1 / value",
        "1 / (value or 1)",
    ),
    "comprehension": one(
        """
def parts(values):
    return [1 / value for value in values]
""",
        "parts([1, 0])",
        "1 / value",
        "1 / (value or 1)",
    ),
    "context manager": one(
        """
from contextlib import contextmanager


@contextmanager
def opened(rows, key):
    yield rows[key]
""",
        "with opened({}, 'a'): pass",
        "rows[key]",
        "rows.get(key)",
    ),
    "context manager's end": one(
        """
from contextlib import contextmanager


@contextmanager
def opened(rows, key):
    yield rows
    del rows[key]
""",
        "with opened({}, 'a'): pass",
        "del rows[key]",
        "rows.pop(key, None)",
    ),
    "async context manager": one(
        """
import asyncio
from contextlib import asynccontextmanager


@asynccontextmanager
async def opened(rows, key):
    yield rows[key]


async def main():
    async with opened({}, 'a'):
        pass
""",
        "asyncio.run(main())",
        "rows[key]",
        "rows.get(key)",
    ),
    "context manager class": one(
        """
class Scope:
    def __init__(self, size=0):
        self.size = size

    def __enter__(self):
        return 1 / self.size

    def __exit__(self, *what):
        pass
""",
        "with Scope(): pass",
        "1 / self.size",
        "1 / (self.size or 1)",
    ),
    "decorated": one(
        """
import functools


def logged(function):
    @functools.wraps(function)
    def wrapper(*args, **kwargs):
        return function(*args, **kwargs)

    return wrapper


@logged
def half(n, by=2):
    return n / by
""",
        "half(4, by=0)",
        "n / by",
        "n / (by or 1)",
    ),
    "fault in a decorator": one(
        """
import functools


def capped(function):
    @functools.wraps(function)
    def wrapper(*args, **kwargs):
        found = function(*args, **kwargs)
        return found[0]

    return wrapper


@capped
def rows(names, most=3):
    return names[:most]
""",
        "rows([], most=2)",
        "return found[0]",
        "return found[0] if found else None",
    ),
    "closure": one(
        """
def scaler(rate, unit='kg'):
    def scale(value):
        return value / rate

    return scale
""",
        "scaler(0)(3)",
        "value / rate",
        "value / (rate or 1)",
    ),
    "nested": one(
        """
def total(rows):
    def weight(row):
        return row['weight']

    return sum(weight(row) for row in rows)
""",
        "total([{'weight': 1}, {}])",
        "row['weight']",
        "row.get('weight', 0)",
    ),
    "lambda of a module": one(
        """
half = lambda n: 10 / n
""",
        "half(0)",
        "10 / n",
        "10 / (n or 1)",
    ),
    "lambda as a key": one(
        """
def ordered(rows):
    return sorted(rows, key=lambda row: row['at'])
""",
        "ordered([{'at': 1}, {}])",
        "row['at']",
        "row.get('at', 0)",
    ),
    "recursion": one(
        """
def depth(tree):
    return 1 + max(depth(child) for child in tree['children'])
""",
        "depth({'children': [{'children': []}]})",
        "tree['children'])",
        "tree['children']) if tree['children'] else 1",
    ),
    "callback": one(
        """
def apply(rows, change):
    return [change(row) for row in rows]


def weight(row):
    return row['weight']


def report(rows):
    return apply(rows, weight)
""",
        "report([{}])",
        "row['weight']",
        "row.get('weight')",
    ),
    "who raises on purpose": one(
        """
def percent(value):
    if value < 0:
        raise ValueError(f'{value} is no percentage')
    return value


def change(old, new):
    return percent(new - old)
""",
        "change(3, 1)",
        "percent(new - old)",
        "percent(abs(new - old))",
    ),
}
