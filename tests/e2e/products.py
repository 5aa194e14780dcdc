"""Products that fail, by how their code is called."""

from __future__ import annotations

from tests.e2e.recording import Product

PLAIN = "from shop.app import *\n"


def one(source: str, traffic: str, old: str, new: str, **more: object) -> Product:
    """A product of one module."""
    files = {"shop/__init__.py": "", "shop/app.py": source, "tests/test_app.py": "def test_nothing():\n    pass\n"}
    return Product(files, f"{PLAIN}{traffic}", ("shop/app.py", old, new), **more)  # type: ignore[arg-type]


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
PLAIN_CLASS = """
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
    "receiver from the caller": one(PLAIN_CLASS, "report({'a': {}}, 'a')", '["weight"]', '.get("weight")'),
    "receiver of the module": one(PLAIN_CLASS, "shared('a', object())", '["weight"]', '.get("weight")'),
    "receiver by its attributes": one(PLAIN_CLASS, "Described({'a': {}}).weigh('a')", '["weight"]', '.get("weight")'),
    "init": one(
        "class Window:\n    def __init__(self, size, *, step=1):\n        self.step = size / step\n",
        "Window(3, step=0)",
        "size / step",
        "size / (step or 1)",
    ),
    "post init": one(
        "from dataclasses import dataclass\n\n\n@dataclass\nclass Span:\n    low: int\n    high: int\n\n"
        "    def __post_init__(self):\n        if self.high / self.low < 1:\n            self.high = self.low\n",
        "Span(0, 1)",
        "self.high / self.low",
        "self.high / (self.low or 1)",
    ),
    "inherited method": one(
        "class Base:\n    def __init__(self, unit='kg'):\n        self.unit = unit\n\n    def show(self, n):\n"
        "        return n + self.unit\n\n\nclass Metric(Base):\n    pass\n",
        "Metric().show(3)",
        "n + self.unit",
        "str(n) + self.unit",
    ),
    "attrs": one(
        "import attrs\n\n\n@attrs.define\nclass Point:\n    x: int\n    _y: int = 0\n\n    def slope(self):\n"
        "        return self.x / self._y\n",
        "Point(1).slope()",
        "self.x / self._y",
        "self.x / (self._y or 1)",
        needs=("attrs",),
    ),
    "setter": one(
        "class Box:\n    @property\n    def size(self):\n        return 1\n\n    @size.setter\n    def size(self, value):\n"
        "        self._size = 1 / value\n",
        "Box().size = 0",
        "1 / value",
        "1 / (value or 1)",
    ),
    "operator": one(
        "from dataclasses import dataclass\n\n\n@dataclass\nclass Money:\n    cents: int\n\n    def __add__(self, other):\n"
        "        return Money(self.cents + other.cents)\n",
        "Money(1) + 0",
        "other.cents",
        "(other.cents if isinstance(other, Money) else other)",
    ),
}
FUNCTIONS = {
    "function": one("def half(n):\n    return 10 / n\n", "half(0)", "10 / n", "10 / (n or 1)"),
    "varargs": one(
        "def mix(first, *rest, by=1, **more):\n    return first / by + sum(rest) + more['x']\n",
        "mix(1, 2, 3, by=0, x=2)",
        "first / by",
        "first / (by or 1)",
    ),
    "positional only": one("def ratio(a, /, b=0):\n    return a / b\n", "ratio(1)", "a / b", "a / (b or 1)"),
    "async": one(
        "import asyncio\n\n\nasync def fetch(rows, key):\n    await asyncio.sleep(0)\n    return rows[key]\n",
        "asyncio.run(fetch({'a': 1}, 'b'))",
        "rows[key]",
        "rows.get(key)",
    ),
    "async method": one(
        "import asyncio\nfrom dataclasses import dataclass\n\n\n@dataclass\nclass Feed:\n    rows: dict[str, int]\n\n"
        "    async def get(self, key):\n        return self.rows[key]\n",
        "asyncio.run(Feed({'a': 1}).get('b'))",
        "self.rows[key]",
        "self.rows.get(key)",
    ),
    "async generator": one(
        "import asyncio\n\n\nasync def parts(values):\n    for value in values:\n        yield 1 / value\n\n\n"
        "async def main():\n    return [part async for part in parts([1, 0])]\n",
        "asyncio.run(main())",
        "1 / value",
        "1 / (value or 1)",
    ),
    "generator": one(
        "def parts(values):\n    for value in values:\n        yield 1 / value\n",
        "g = parts([1, 0])\nnext(g); next(g)",
        "1 / value",
        "1 / (value or 1)",
    ),
    "lazy iterator": one(
        "def parts(values):\n    return (1 / value for value in values)\n\n\ndef show(values):\n"
        "    return sum(parts(values))\n",
        "show([1, 0])",
        "1 / value",
        "1 / (value or 1)",
    ),
    "map of a lambda": one(
        "def parts(values):\n    return map(lambda value: 1 / value, values)\n\n\ndef show(values):\n"
        "    return sum(parts(values))\n",
        "show([1, 0])",
        "1 / value",
        "1 / (value or 1)",
    ),
    "comprehension": one(
        "def parts(values):\n    return [1 / value for value in values]\n",
        "parts([1, 0])",
        "1 / value",
        "1 / (value or 1)",
    ),
    "context manager": one(
        "from contextlib import contextmanager\n\n\n@contextmanager\ndef opened(rows, key):\n    yield rows[key]\n",
        "with opened({}, 'a'): pass",
        "rows[key]",
        "rows.get(key)",
    ),
    "context manager's end": one(
        "from contextlib import contextmanager\n\n\n@contextmanager\ndef opened(rows, key):\n    yield rows\n"
        "    del rows[key]\n",
        "with opened({}, 'a'): pass",
        "del rows[key]",
        "rows.pop(key, None)",
    ),
    "async context manager": one(
        "import asyncio\nfrom contextlib import asynccontextmanager\n\n\n@asynccontextmanager\nasync def opened(rows, key):\n"
        "    yield rows[key]\n\n\nasync def main():\n    async with opened({}, 'a'):\n        pass\n",
        "asyncio.run(main())",
        "rows[key]",
        "rows.get(key)",
    ),
    "context manager class": one(
        "class Scope:\n    def __init__(self, size=0):\n        self.size = size\n\n    def __enter__(self):\n"
        "        return 1 / self.size\n\n    def __exit__(self, *what):\n        pass\n",
        "with Scope(): pass",
        "1 / self.size",
        "1 / (self.size or 1)",
    ),
    "decorated": one(
        "import functools\n\n\ndef logged(function):\n    @functools.wraps(function)\n    def wrapper(*args, **kwargs):\n"
        "        return function(*args, **kwargs)\n\n    return wrapper\n\n\n@logged\ndef half(n, by=2):\n    return n / by\n",
        "half(4, by=0)",
        "n / by",
        "n / (by or 1)",
    ),
    "fault in a decorator": one(
        "import functools\n\n\ndef capped(function):\n    @functools.wraps(function)\n    def wrapper(*args, **kwargs):\n"
        "        found = function(*args, **kwargs)\n        return found[0]\n\n    return wrapper\n\n\n@capped\n"
        "def rows(names, most=3):\n    return names[:most]\n",
        "rows([], most=2)",
        "return found[0]",
        "return found[0] if found else None",
    ),
    "closure": one(
        "def scaler(rate, unit='kg'):\n    def scale(value):\n        return value / rate\n\n    return scale\n",
        "scaler(0)(3)",
        "value / rate",
        "value / (rate or 1)",
    ),
    "nested": one(
        "def total(rows):\n    def weight(row):\n        return row['weight']\n\n    return sum(weight(row) for row in rows)\n",
        "total([{'weight': 1}, {}])",
        "row['weight']",
        "row.get('weight', 0)",
    ),
    "lambda of a module": one("half = lambda n: 10 / n\n", "half(0)", "10 / n", "10 / (n or 1)"),
    "lambda as a key": one(
        "def ordered(rows):\n    return sorted(rows, key=lambda row: row['at'])\n",
        "ordered([{'at': 1}, {}])",
        "row['at']",
        "row.get('at', 0)",
    ),
    "recursion": one(
        "def depth(tree):\n    return 1 + max(depth(child) for child in tree['children'])\n",
        "depth({'children': [{'children': []}]})",
        "tree['children'])",
        "tree['children']) if tree['children'] else 1",
    ),
    "callback": one(
        "def apply(rows, change):\n    return [change(row) for row in rows]\n\n\ndef weight(row):\n"
        "    return row['weight']\n\n\ndef report(rows):\n    return apply(rows, weight)\n",
        "report([{}])",
        "row['weight']",
        "row.get('weight')",
    ),
    "who raises on purpose": one(
        "def percent(value):\n    if value < 0:\n        raise ValueError(f'{value} is no percentage')\n    return value\n\n\n"
        "def change(old, new):\n    return percent(new - old)\n",
        "change(3, 1)",
        "percent(new - old)",
        "percent(abs(new - old))",
    ),
}
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
    return table[key]


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


def value(expression: str, **more: object) -> Product:
    """A value that a function of the product is given."""
    return one(TYPES, f"check({expression})", "1 / divisor", "1 / (divisor or 1)", **more)


def fails(call: str, old: str, new: str) -> Product:
    """A call that fails for the type of a container."""
    return one(TYPES, call, old, new)


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
    "dataclass": value(
        "Item('a <b> \\'c\\'', Colour.RED, datetime.datetime(2024, 1, 1), frozenset({'x'}), {'p': [Point(1)]})"
    ),
    "class": value("[int, Item, ValueError]"),
    "function": value("check"),
    "quotes": value("'it\\'s \"x\" \\n \\u2028 é'"),
    "range": value("range(3)"),
    "exception": value("[ValueError('x', 1)]"),
    "named tuple": fails("point(Point(1, 0))", "at.x / at.y", "at.x / (at.y or 1)"),
    "int keys": fails("lookup({1: 'a'}, 2)", "table[key]\n\n\ndef untyped", "table.get(key)\n\n\ndef untyped"),
    "int keys untold": fails("untyped({1: None}, 1)", "table[key].upper()", "(table[key] or '').upper()"),
    "set by annotation": fails("members(set())", "names.pop()", "names.pop() if names else None"),
    "tuple untold": fails("pair((1, 2))", 'at.index("z")', '("z" in at and at.index("z"))'),
    "counter by annotation": fails("counted(Counter())", "words.most_common(1)[0][0] / 1", "len(words)"),
    "defaultdict by annotation": fails("grouped(defaultdict(list, {'a': [1]}))", '["none"][0]', '["none"]'),
    "enum keys": fails("coloured({Colour.BLUE: 1})", "by[Colour.RED]", "by.get(Colour.RED)"),
    "tuple and none": fails("two((1, 2), None)", "a[5], b.x", "a[:1], b"),
}

CHAINS = {
    "cause": one(
        "class PriceError(Exception):\n    pass\n\n\ndef rate(rates, name):\n    return 1 / rates[name]\n\n\n"
        "def price(rates, name):\n    try:\n        return rate(rates, name)\n    except ZeroDivisionError as error:\n"
        "        raise PriceError(f'no price for {name}') from error\n\n\ndef show(rates):\n    return price(rates, 'a')\n",
        "show({'a': 0})",
        "1 / rates[name]",
        "1 / (rates[name] or 1)",
    ),
    "fault in a handler": one(
        "def read(rows, key):\n    try:\n        return rows[key]\n    except KeyError as error:\n"
        "        return error.key\n",
        "read({}, 'a')",
        "error.key",
        "None",
    ),
    "translated lookup": one(
        "def read(rows, key):\n    try:\n        return rows[key]\n    except KeyError as error:\n"
        "        raise LookupError(f'no {key}') from error\n\n\ndef show(rows):\n    return read(rows, 'a')\n",
        "show({})",
        "return read(rows, 'a')",
        "return read({'a': 1, **rows}, 'a')",
    ),
    "task group": one(
        "import asyncio\n\n\nasync def weigh(row):\n    return row['weight']\n\n\nasync def report(rows):\n"
        "    async with asyncio.TaskGroup() as group:\n        for row in rows:\n            group.create_task(weigh(row))\n",
        "asyncio.run(report([{'weight': 1}, {}]))",
        "row['weight']",
        "row.get('weight')",
    ),
    "exception group": one(
        "def check(values):\n    errors = []\n    for value in values:\n        try:\n            parse(value)\n"
        "        except ValueError as error:\n            errors.append(error)\n    if errors:\n"
        "        raise ExceptionGroup('bad values', errors)\n\n\ndef parse(value):\n    return int(value)\n",
        "check(['1', ''])",
        "int(value)",
        "int(value or 0)",
    ),
    "cause within a group": one(
        "import asyncio\n\n\ndef rate(row):\n    return 1 / row['n']\n\n\nasync def weigh(row):\n    try:\n        return rate(row)\n"
        "    except ZeroDivisionError as error:\n        raise RuntimeError('no weight') from error\n\n\nasync def report(rows):\n"
        "    async with asyncio.TaskGroup() as group:\n        for row in rows:\n            group.create_task(weigh(row))\n",
        "asyncio.run(report([{'n': 0}]))",
        "1 / row['n']",
        "1 / (row['n'] or 1)",
    ),
}


def web(source: str, traffic: str, old: str, new: str, *needs: str, **more: object) -> Product:
    """A product that answers requests."""
    return one(source, traffic, old, new, needs=needs, **more)


FLASK = """
from flask import Flask, request

app = Flask(__name__)


@app.get("/rate/<name>")
def rate(name):
    return {"rate": 10 / int(request.args["by"])}


@app.post("/orders")
def order():
    lines = request.get_json()["lines"]
    return {"total": sum(line["price"] for line in lines)}


@app.post("/sign")
def sign():
    return {"name": request.form["name"].split()[1], "from": request.headers["X-Shop"]}


def create_app():
    made = Flask("made")

    @made.get("/half")
    def half():
        return str(1 / int(request.args.get("n", 0)))

    return made
"""
STARLETTE = """
from starlette.applications import Starlette
from starlette.responses import JSONResponse
from starlette.routing import Route


async def rate(request):
    return JSONResponse({"rate": 10 / int(request.query_params["by"])})


async def order(request):
    body = await request.json()
    return JSONResponse({"total": sum(line["price"] for line in body["lines"])})


app = Starlette(routes=[Route("/rate", rate), Route("/orders", order, methods=["POST"])])
"""
FASTAPI = """
from fastapi import FastAPI, Request
from pydantic import BaseModel

app = FastAPI()


class Line(BaseModel):
    name: str
    count: int = 1


class Order(BaseModel):
    lines: list[Line]
    pieces: int


@app.post("/orders")
async def order(order: Order):
    return {"mean": sum(line.count for line in order.lines) / order.pieces}


@app.get("/raw")
async def raw(request: Request):
    return {"by": 1 / int(request.query_params["by"])}
"""
DJANGO = {
    "manage.py": 'import os\n\nos.environ.setdefault("DJANGO_SETTINGS_MODULE", "site_.settings")\n',
    "site_/__init__.py": "",
    "site_/settings.py": 'SECRET_KEY = "x"\nROOT_URLCONF = "site_.urls"\nALLOWED_HOSTS = ["*"]\nUSE_TZ = True\n',
    "site_/urls.py": "from django.urls import path\nfrom site_ import views\n\n"
    'urlpatterns = [path("rate", views.rate), path("orders", views.orders)]\n',
    "site_/views.py": "import json\n\nfrom django.http import JsonResponse\nfrom django.views.decorators.csrf import csrf_exempt\n\n\n"
    'def rate(request):\n    return JsonResponse({"rate": 10 / int(request.GET["by"])})\n\n\n@csrf_exempt\ndef orders(request):\n'
    '    return JsonResponse({"total": json.loads(request.body)["total"] / 1})\n',
    "tests/test_views.py": "def test_nothing():\n    pass\n",
}
_DJANGO = """
import io, os
from wsgiref.util import setup_testing_defaults
os.environ["DJANGO_SETTINGS_MODULE"] = "site_.settings"
from django.core.wsgi import get_wsgi_application
def send(path, query="", body=b"", kind=""):
    environ = {"PATH_INFO": path, "QUERY_STRING": query, "REQUEST_METHOD": "POST" if body else "GET"}
    environ |= {"CONTENT_TYPE": kind, "CONTENT_LENGTH": str(len(body)), "wsgi.input": io.BytesIO(body)}
    setup_testing_defaults(environ)
    get_wsgi_application()(environ, lambda *a: None)
"""
_CLIENT = "from starlette.testclient import TestClient\n"
HTTP = {
    "flask query": web(FLASK, "app.test_client().get('/rate/a?by=0')", '10 / int(request.args["by"])', "0", "flask"),
    "flask json": web(
        FLASK,
        "app.test_client().post('/orders', json={'lines': [{'price': 1}, {}]})",
        'line["price"]',
        'line.get("price", 0)',
        "flask",
    ),
    "flask form and header": web(
        FLASK,
        "app.test_client().post('/sign', data={'name': 'Bo'}, headers={'X-Shop': 'a'})",
        ".split()[1]",
        ".split()[-1]",
        "flask",
    ),
    "flask factory": web(FLASK, "create_app().test_client().get('/half')", '"n", 0', '"n", 1', "flask"),
    "starlette query": web(
        STARLETTE,
        _CLIENT + "TestClient(app).get('/rate?by=0')",
        '10 / int(request.query_params["by"])',
        "0",
        "starlette",
    ),
    "starlette json": web(
        STARLETTE,
        _CLIENT + "TestClient(app).post('/orders', json={'lines': [{}]})",
        'line["price"]',
        'line.get("price", 0)',
        "starlette",
    ),
    "fastapi model": web(
        FASTAPI,
        _CLIENT + "TestClient(app).post('/orders', json={'lines': [{'name': 'a'}], 'pieces': 0})",
        "/ order.pieces",
        "/ (order.pieces or 1)",
        "fastapi",
    ),
    "fastapi request": web(
        FASTAPI, _CLIENT + "TestClient(app).get('/raw?by=0')", '1 / int(request.query_params["by"])', "0", "fastapi"
    ),
    "django query": Product(
        DJANGO,
        _DJANGO + "send('/rate', 'by=0')",
        ("site_/views.py", '10 / int(request.GET["by"])', "0"),
        needs=("django",),
    ),
    "django json": Product(
        DJANGO,
        _DJANGO + "send('/orders', body=b'{\"a\": 1}', kind='application/json')",
        ("site_/views.py", '["total"] / 1', '.get("total")'),
        needs=("django",),
    ),
    "wsgi": one(
        "def application(environ, start_response):\n    rate = 1 / int(environ['QUERY_STRING'].partition('=')[2])\n"
        "    start_response('200 OK', [])\n    return [str(rate).encode()]\n",
        "from wsgiref.util import setup_testing_defaults\nfrom sentry_sdk.integrations.wsgi import SentryWsgiMiddleware\n"
        "environ = {'QUERY_STRING': 'by=0', 'PATH_INFO': '/rate'}\nsetup_testing_defaults(environ)\n"
        "list(SentryWsgiMiddleware(application)(environ, lambda *a: None))",
        "1 / int(environ['QUERY_STRING'].partition('=')[2])",
        "0",
    ),
}


def tool(source: str, arguments: str, old: str, new: str, *needs: str) -> Product:
    """A product with a command."""
    files = {"shop/__init__.py": "", "shop/__main__.py": source, "tests/test_app.py": "def test_nothing():\n    pass\n"}
    return Product(files, fix=("shop/__main__.py", old, new), argv=("shop.__main__", *arguments.split()), needs=needs)


CLI = {
    "argparse": tool(
        "import argparse\n\n\ndef main():\n    parser = argparse.ArgumentParser()\n    parser.add_argument('--by', type=int)\n"
        "    print(10 / parser.parse_args().by)\n\n\nif __name__ == '__main__':\n    main()\n",
        "--by 0",
        "parser.parse_args().by",
        "(parser.parse_args().by or 1)",
    ),
    "argv given": tool(
        "import sys\n\n\ndef main(argv=None):\n    argv = argv or sys.argv[1:]\n    print(10 / int(argv[0]))\n\n\n"
        "if __name__ == '__main__':\n    main()\n",
        "0",
        "int(argv[0])",
        "(int(argv[0]) or 1)",
    ),
    "module code": tool(
        "import sys\n\nprint(10 / int(sys.argv[1]))\n", "0", "int(sys.argv[1])", "(int(sys.argv[1]) or 1)"
    ),
    "click": tool(
        "import click\n\n\n@click.command()\n@click.option('--by', type=int)\ndef main(by):\n    click.echo(10 / by)\n\n\n"
        "if __name__ == '__main__':\n    main()\n",
        "--by 0",
        "10 / by",
        "10 / (by or 1)",
        "click",
    ),
    "typer": tool(
        "import typer\n\napp = typer.Typer()\n\n\n@app.command()\ndef main(by: int):\n    print(10 / by)\n\n\n"
        "if __name__ == '__main__':\n    app()\n",
        "0",
        "10 / by",
        "10 / (by or 1)",
        "typer",
    ),
}
CLOCK = {
    "a day": one(
        "from datetime import date\n\n\ndef renewal():\n    today = date.today()\n    return today.replace(year=today.year - 1)\n",
        "import sentry_sdk, time_machine\nwith time_machine.travel('2024-02-29 12:00Z', tick=False):\n    try:\n        renewal()\n    except ValueError as error:\n        sentry_sdk.capture_exception(error)",
        "today.replace(year=today.year - 1)",
        "today",
        needs=("time_machine",),
    ),
}


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
    "in count() connection is a database connection (sqlite3.Connection)": told(
        "import sqlite3\ncount(sqlite3.connect(':memory:'), 0)"
    ),
    "in share() self is shown only as Ledger of Bo": told("Ledger(None, 'Bo').share(0)"),
    "a value had 10 items, as many as sentry-sdk sends, and may have had more": told("last([1] * 11 + [0])"),
    "in letters() text was cut short by the SDK": told("letters('a' * 3000)"),
    "load() was called again and needs the file /tmp/rows.json, whose content was not captured": told(
        "import os\nopen('/tmp/rows.json', 'w').write('{}')\ntry:\n    load('/tmp/rows.json')\nfinally:\n    os.remove('/tmp/rows.json')\n"
    ),
    "in last() rows is an iterator, whose items were not captured (list_iterator)": told("last(iter([0]))"),
}
FALLBACK = {"a caller's values": one(LEDGER, "close('a', 0)", "connection.total_changes / by", "0")}
STYLES = {
    "unittest": Product(
        {
            "shop/__init__.py": "",
            "shop/app.py": "def half(n):\n    return 10 / n\n",
            "tests/__init__.py": "",
            "tests/test_app.py": "import unittest\n\n\nclass AppTest(unittest.TestCase):\n    def test_a(self):\n        pass\n",
        },
        f"{PLAIN}half(0)",
        ("shop/app.py", "10 / n", "10 / (n or 1)"),
    ),
    "below a folder": Product(
        {
            "services/api/shop/__init__.py": "",
            "services/api/shop/rates.py": "RATE = 1\n",
            "services/api/shop/app.py": "from shop.rates import RATE\n\n\ndef half(n):\n    return 10 / n\n",
        },
        f"{PLAIN}half(0)",
        ("services/api/shop/app.py", "10 / n", "10 / (n or 1)"),
        root="services/api",
    ),
    "src": Product(
        {"src/shop/__init__.py": "", "src/shop/app.py": "def half(n):\n    return 10 / n\n"},
        f"{PLAIN}half(0)",
        ("src/shop/app.py", "10 / n", "10 / (n or 1)"),
        root="src",
    ),
    "long": one(
        "from dataclasses import dataclass\n\n\n@dataclass\nclass Order:\n    names: list[str]\n    prices: dict[str, int]\n"
        "    note: str = ''\n\n    def mean(self, by, digits=2):\n        return round(sum(self.prices.values()) / by, digits)\n",
        "Order(['Desk with drawers', 'Chair with arms'], {'Desk with drawers': 1200, 'Chair with arms': 300, 'Lamp': 5}, 'x' * 40).mean(0)",
        "/ by",
        "/ (by or 1)",
    ),
}
