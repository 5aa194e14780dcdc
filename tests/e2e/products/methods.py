"""Methods, whose object has to be rebuilt."""

from __future__ import annotations

from tests.e2e.products.making import one

CART = """
from dataclasses import dataclass, field
from decimal import Decimal


@dataclass
class Cart:
    lines: list[int]
    rate: Decimal = Decimal("0.19")
    _cache: dict = field(default_factory=dict, repr=False)
    size: int = field(init=False)

    def __post_init__(self):
        self.size = len(self.lines)

    def mean(self):
        return sum(self.lines) / self.size

    @property
    def first(self):
        return self.lines[0]

    @staticmethod
    def parse(text):
        return [int(part) for part in text.split(",")]

    @classmethod
    def of(cls, text):
        return cls([int(text)])

    def __getitem__(self, name):
        return self._cache[name]

    def __call__(self, by):
        return sum(self.lines) / by

    def __len__(self):
        return len(self.lines) // (self.size - 0)
"""

STORE = """
class Store:
    def __init__(self, rows, unit="kg"):
        self.rows = rows
        self.unit = unit

    def weigh(self, name):
        return self.rows[name]["weight"]


class Described(Store):
    def __repr__(self):
        return f"<Described rows={self.rows!r} unit={self.unit!r}>"


STORE = Store({"a": {}})


def report(rows, name):
    store = Store(rows)
    return show(store, name)


def show(store, name):
    return store.weigh(name)


def shared(name, log):
    return STORE.weigh(name)
"""

METHODS = {
    "method": one(CART, "Cart([]).mean()", "/ self.size", "/ (self.size or 1)"),
    "property": one(CART, "Cart([]).first", "self.lines[0]", "self.lines[0] if self.lines else None"),
    "staticmethod": one(CART, "Cart.parse('1,,2')", 'split(",")]', 'split(",") if part]'),
    "classmethod": one(CART, "Cart.of('')", "int(text)", "int(text or 0)"),
    "subscript": one(CART, "Cart([1])['total']", "self._cache[name]", "self._cache.get(name)"),
    "call": one(CART, "Cart([1])(0)", "/ by", "/ (by or 1)"),
    "length": one(CART, "len(Cart([]))", "// (self.size - 0)", "// (self.size or 1)"),
    "receiver from the caller": one(STORE, "report({'a': {}}, 'a')", '["weight"]', '.get("weight")'),
    "receiver of the module": one(STORE, "shared('a', object())", '["weight"]', '.get("weight")'),
    "receiver by its attributes": one(STORE, "Described({'a': {}}).weigh('a')", '["weight"]', '.get("weight")'),
    "init": one(
        """
class Window:
    def __init__(self, size, *, step=1):
        self.step = size / step
""",
        "Window(3, step=0)",
        "size / step",
        "size / (step or 1)",
    ),
    "post init": one(
        """
from dataclasses import dataclass


@dataclass
class Span:
    low: int
    high: int

    def __post_init__(self):
        if self.high / self.low < 1:
            self.high = self.low
""",
        "Span(0, 1)",
        "self.high / self.low",
        "self.high / (self.low or 1)",
    ),
    "inherited method": one(
        """
class Base:
    def __init__(self, unit='kg'):
        self.unit = unit

    def show(self, n):
        return n + self.unit


class Metric(Base):
    pass
""",
        "Metric().show(3)",
        "n + self.unit",
        "str(n) + self.unit",
    ),
    "attrs": one(
        """
import attrs


@attrs.define
class Point:
    x: int
    _y: int = 0

    def slope(self):
        return self.x / self._y
""",
        "Point(1).slope()",
        "self.x / self._y",
        "self.x / (self._y or 1)",
        needs=("attrs",),
    ),
    "setter": one(
        """
class Box:
    @property
    def size(self):
        return 1

    @size.setter
    def size(self, value):
        self._size = 1 / value
""",
        "Box().size = 0",
        "1 / value",
        "1 / (value or 1)",
    ),
    "operator": one(
        """
from dataclasses import dataclass


@dataclass
class Money:
    cents: int

    def __add__(self, other):
        return Money(self.cents + other.cents)
""",
        "Money(1) + 0",
        "other.cents",
        "(other.cents if isinstance(other, Money) else other)",
    ),
}
