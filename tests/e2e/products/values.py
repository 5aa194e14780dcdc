"""Values, by their type."""

from __future__ import annotations

from tests.e2e.products.making import one
from tests.e2e.recording import Product

TYPES = """
from __future__ import annotations

import datetime
import uuid
from collections import Counter, OrderedDict, defaultdict, deque
from dataclasses import dataclass, field
from decimal import Decimal
from enum import Enum, Flag, IntEnum
from pathlib import Path
from typing import NamedTuple
from zoneinfo import ZoneInfo


class Colour(Enum):
    RED = "r>ed"
    BLUE = "blue"


class Level(IntEnum):
    LOW = 1


class Right(Flag):
    READ = 1
    WRITE = 2


class Point(NamedTuple):
    x: int
    y: int = 0


@dataclass(frozen=True)
class Item:
    name: str
    colour: Colour
    at: datetime.datetime
    tags: frozenset[str] = frozenset()
    more: dict[str, list[Point]] = field(default_factory=dict)


def check(value, divisor=0):
    return (value, 1 / divisor)


def point(at: Point):
    return at.x / at.y


def lookup(table: dict[int, str], key: int):
    return table[key] * 1


def untyped(table, key):
    return table[key].upper()


def members(names: set[str]):
    return names.pop()


def pair(at):
    return at.index("z")


def counted(words: Counter[str]):
    return words.most_common(1)[0][0] / 1


def grouped(rows: defaultdict[str, list]):
    return rows["none"][0]


def coloured(by: dict[Colour, int]):
    return by[Colour.RED]


def two(a: tuple[int, ...], b: Point | None):
    return a[5], b.x
"""


def value(expression: str) -> Product:
    """A value that a function of the product is given."""
    return one(TYPES, f"check({expression})", "1 / divisor", "1 / (divisor or 1)")


VALUES = {
    "datetime": value("datetime.datetime(2024, 2, 29, 1, 2, tzinfo=datetime.timezone.utc)"),
    "zone": value("datetime.datetime(2024, 2, 29, tzinfo=ZoneInfo('Europe/Berlin'))"),
    "timedelta": value("datetime.timedelta(seconds=3)"),
    "date": value("[datetime.date(2024, 2, 29)]"),
    "decimal": value("Decimal('1.10')"),
    "uuid": value("uuid.UUID(int=3)"),
    "path": value("Path('/a/b')"),
    "bytes": value("b'a\\x00\\'\"'"),
    "floats": value("[float('nan'), float('inf'), -float('inf'), 1e300]"),
    "complex": value("3+2j"),
    "set": value("{1, 2}"),
    "nested sets": value("[[[[[{1, 2}, frozenset()]]]]]"),
    "deque": value("deque([1, 2], maxlen=3)"),
    "ordered": value("Item('a', Colour.RED, None, more=OrderedDict(a=1))"),
    "default": value("Item('a', Colour.RED, None, more=defaultdict(list, {'a': [Point(1, 2)]}))"),
    "counter": value("Item('a', Colour.RED, None, more=Counter('aab'))"),
    "enum": value("[Colour.RED, Level.LOW, Right.READ | Right.WRITE]"),
    "dataclass": value("""
Item('a <b> \\'c\\'', Colour.RED, datetime.datetime(2024, 1, 1), frozenset({'x'}), {'p': [Point(1)]})"""),
    "class": value("[int, Item, ValueError]"),
    "function as a value": value("check"),
    "quotes": value("'it\\'s \"x\" \\n \\u2028 é'"),
    "range": value("range(3)"),
    "exception": value("[ValueError('x', 1)]"),
    "named tuple": one(TYPES, "point(Point(1, 0))", "at.x / at.y", "at.x / (at.y or 1)"),
    "int keys": one(TYPES, "lookup({1: 'a'}, 2)", "table[key] * 1", "table.get(key)"),
    "int keys untold": one(TYPES, "untyped({1: None}, 1)", "table[key].upper()", "(table[key] or '').upper()"),
    "set by annotation": one(TYPES, "members(set())", "names.pop()", "names.pop() if names else None"),
    "tuple untold": one(TYPES, "pair((1, 2))", 'at.index("z")', '("z" in at and at.index("z"))'),
    "counter by annotation": one(TYPES, "counted(Counter())", "words.most_common(1)[0][0] / 1", "len(words)"),
    "defaultdict by annotation": one(TYPES, "grouped(defaultdict(list, {'a': [1]}))", '["none"][0]', '["none"]'),
    "enum keys": one(TYPES, "coloured({Colour.BLUE: 1})", "by[Colour.RED]", "by.get(Colour.RED)"),
    "tuple and none": one(TYPES, "two((1, 2), None)", "a[5], b.x", "a[:1], b"),
    "pydantic": one(
        """
from datetime import date

from pydantic import BaseModel


class Line(BaseModel):
    name: str
    due: date | None = None


class Order(BaseModel):
    lines: list[Line]

    def first(self, by):
        return self.lines[0].due.year / by
""",
        "import datetime\nOrder(lines=[Line(name='a', due=datetime.date(2024, 2, 29))]).first(0)",
        ".year / by",
        ".year",
        needs=("pydantic",),
    ),
}
