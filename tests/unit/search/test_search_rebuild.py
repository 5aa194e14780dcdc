"""Captured values as source: what they say, what they must never say, and whose failure a run was."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from agents.frames import Tree, fault
from agents.harness import Frame
from agents.harness.search.codemap import CodeMap, import_root
from agents.harness.search.reproduce.arguments import by_name
from agents.harness.search.reproduce.failure import raised
from agents.harness.search.reproduce.reprs import Unbuildable
from agents.harness.search.reproduce.values import Rebuilder

SHOP = """
from dataclasses import dataclass, field
from enum import Enum


class Colour(Enum):
    RED = 1


@dataclass
class Item:
    name: str
    size: int = field(default=1, init=False)
    key: str = field(default="", repr=False)


class Box:
    class Lid:
        def __init__(self, wide):
            self.wide = wide

    def __init__(self, name):
        self.name = name

    @staticmethod
    def burn():
        raise SystemExit
"""


@pytest.fixture
def rebuilder(tmp_path: Path) -> Rebuilder:
    (tmp_path / "shop.py").write_text(SHOP)
    return Rebuilder(CodeMap(tmp_path), "shop.py")


@pytest.mark.parametrize(
    ("captured", "source"),
    [
        ("'a <b: \\'c\\'>'", "\"a <b: 'c'>\""),
        ("<Colour.RED: 1>", "Colour.RED"),
        ("Item(name='a', size=1)", "Item(name='a')"),
        ("[Item(name=\"it's\", size=1), <class 'int'>]", '[Item(name="it\'s"), int]'),
        ("Box.Lid(wide=3, colour=<Colour.RED: 1>)", "Box.Lid(wide=3)"),
        ("<Box name='a'>", "Box(name='a')"),
        ("datetime.datetime(2024, 1, 1, tzinfo=datetime.timezone.utc)", "datetime(2024, 1, 1, tzinfo=timezone.utc)"),
        ("[Filtered]", "'[Filtered]'"),
        ({"a": ["'b'", "None"]}, "{'a': ['b', None]}"),
        (3, "3"),
    ],
)
def test_a_value_that_says_what_it_is(rebuilder: Rebuilder, captured: Any, source: str) -> None:
    assert rebuilder.source(captured) == source


@pytest.mark.parametrize(
    ("captured", "why"),
    [
        ("'" + "a" * 1999, "was cut short by the SDK"),
        ("[1, 2, ...]", "was cut short by the SDK"),
        ("<cyclic>", "contains itself"),
        ("<shop.Box object at 0x7f00>", "is a Box whose repr does not say what it holds, and Box() needs name"),
        ("Item()", "is a Item whose repr leaves out name"),
        ("<_io.TextIOWrapper name='x' mode='r' encoding='UTF-8'>", "is an open file (_io.TextIOWrapper)"),
        ("<sqlite3.Connection object at 0x7f00>", "is a database connection (sqlite3.Connection)"),
        ("<socket.socket fd=5, family=2, type=1>", "is an open socket (socket.socket)"),
        ("<generator object rows at 0x7f00>", "is an iterator, whose items were not captured (generator)"),
        ("<function f.<locals>.g at 0x7f00>", "is f.<locals>.g, a function made while another ran"),
        ("Money(3)", "is a Money, which is no class of the repository"),
        ("a thing of two", "is shown only as a thing of two"),
    ],
)
def test_a_value_that_cannot_be_rebuilt_says_why(rebuilder: Rebuilder, captured: str, why: str) -> None:
    with pytest.raises(Unbuildable) as told:
        rebuilder.source(captured)
    assert str(told.value) == why


@pytest.mark.parametrize(
    "captured",
    [
        "uuid.os.system('true')", "datetime.sys.exit()", "__import__('os').system('true')", "eval('1')", "Box.burn()",
        "(lambda: 1)()", "[x for x in (1,)]", "open('x')", "Item.__init__.__globals__", "print(1)", "f'{1}'",
        "Item(**{'name': 'a'})", "<Colour.burn: 1>", "datetime.datetime.now()", "exit()", "{}['a']", "1 if 1 else 2",
    ],
)  # fmt: skip
def test_a_repr_is_never_more_than_a_value(rebuilder: Rebuilder, captured: str) -> None:
    with pytest.raises(Unbuildable):
        rebuilder.source(captured)


def test_names_from_outside_become_no_code() -> None:
    assert by_name({"a": "1", "x=f(), y": "2", "class": "3"}) == ["a=1", "**{'x=f(), y': 2, 'class': 3}"]


def frame(path: str, function: str, line: str = "x = 1") -> dict[str, Any]:
    return {"abs_path": f"/srv/{path}", "path": path, "function": function, "line": 3, "context_line": line}


def told(*exceptions: dict[str, Any]) -> tuple[str, list[str]]:
    main, frames = fault(list(exceptions), Tree(["shop/a.py"]))
    return main["type"], [each.function for each in frames]


def test_an_exception_raised_from_another_function_s_is_not_the_fault() -> None:
    inner = {"type": "KeyError", "frames": [frame("shop/a.py", "price"), frame("shop/a.py", "rate")]}
    outer = {
        "type": "PriceError",
        "frames": [frame("shop/a.py", "show"), frame("shop/a.py", "price", "raise P() from e")],
    }
    assert told(inner, outer) == ("KeyError", ["show", "price", "rate"])


def test_what_goes_wrong_in_a_handler_is_the_fault() -> None:
    inner = {"type": "KeyError", "frames": [frame("shop/a.py", "price"), frame("shop/a.py", "rate")]}
    outer = {"type": "AttributeError", "frames": [frame("shop/a.py", "price", "return error.key")]}
    assert told(inner, outer) == ("AttributeError", ["price"])


def test_a_function_that_translates_its_own_lookup_is_the_fault() -> None:
    inner = {"type": "KeyError", "frames": [frame("shop/a.py", "price")]}
    outer = {"type": "NoPrice", "frames": [frame("shop/a.py", "price", "raise NoPrice() from error")]}
    assert told(inner, outer) == ("NoPrice", ["price"])


def test_the_fault_of_a_group_is_its_first_exception() -> None:
    second = {"type": "KeyError", "frames": [frame("shop/a.py", "b")], "exception_id": 2, "parent_id": 0}
    first = {"type": "TypeError", "frames": [frame("shop/a.py", "a")], "exception_id": 1, "parent_id": 0}
    group = {"type": "ExceptionGroup", "frames": [frame("shop/a.py", "main")], "exception_id": 0}
    assert told(second, first, group) == ("TypeError", ["main", "a"])


def test_a_library_s_cause_leaves_the_fault_where_the_product_s_code_is() -> None:
    inner = {"type": "OSError", "frames": [frame("lib/python3/socket.py", "connect")]}
    outer = {"type": "ShopError", "frames": [frame("shop/a.py", "price", "raise ShopError() from error")]}
    assert told(inner, outer) == ("ShopError", ["price"])


def test_every_exception_of_a_run_is_read() -> None:
    log = """
Traceback (most recent call last):
  File "/work/shop/a.py", line 3, in rate
    return 1 / n
           ~~^~~
ZeroDivisionError: division by zero

The above exception was the direct cause of the following exception:

  + Exception Group Traceback (most recent call last):
  |   File "/work/shop/a.py", line 9, in main
  |     async with group:
  | ExceptionGroup: unhandled errors (1 sub-exception)
  +-+---------------- 1 ----------------
    | Traceback (most recent call last):
    |   File "/work/shop/a.py", line 5, in weigh
    |     return row['weight']
    | shop.errors.Missing: 'weight'
    +------------------------------------
"""
    found = raised(log)
    assert [(one.exception, one.message, one.places[-1].function, one.places[-1].text) for one in found] == [
        ("ZeroDivisionError", "division by zero", "rate", "return 1 / n"),
        ("ExceptionGroup", "unhandled errors (1 sub-exception)", "main", "async with group:"),
        ("Missing", "'weight'", "weigh", "return row['weight']"),
    ]


@pytest.mark.parametrize(
    ("path", "module", "root"),
    [
        ("api/shop/a.py", "shop.a", "api"),
        ("shop/a.py", "shop.a", ""),
        ("api/shop/__init__.py", "shop", "api"),
        ("shop/__main__.py", "__main__", ""),
    ],
)
def test_frames_tell_where_imports_start(path: str, module: str, root: str) -> None:
    assert import_root([Frame(path, path, module, "f", 1, True)]) == root


def test_a_module_below_a_root_is_imported_from_there(make_repo: Callable[..., Path]) -> None:
    repo = make_repo({"api/shop/a.py": "x = 1\n"})
    assert CodeMap(repo, "api").module("api/shop/a.py") == "shop.a"
