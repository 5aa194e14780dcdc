"""Products of one module, or of one command."""

from __future__ import annotations

from tests.e2e.recording import Product

PLAIN = "from shop.app import *\n"
_TESTS = {"shop/__init__.py": "", "tests/test_app.py": "def test_nothing():\n    pass\n"}


def one(source: str, traffic: str, old: str, new: str, needs: tuple[str, ...] = ()) -> Product:
    """A product of one module; `traffic` sees its names, and the true fix replaces `old` by `new`."""
    files = {**_TESTS, "shop/app.py": source}
    return Product(files, f"{PLAIN}{traffic}", ("shop/app.py", old, new), needs=needs)


def tool(source: str, arguments: str, old: str, new: str, needs: tuple[str, ...] = ()) -> Product:
    """A product with a command, `python -m shop`."""
    files = {**_TESTS, "shop/__main__.py": source}
    return Product(files, fix=("shop/__main__.py", old, new), argv=("shop.__main__", *arguments.split()), needs=needs)
