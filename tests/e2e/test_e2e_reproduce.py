"""A failure that a real SDK recorded becomes a test: red on the base as in production, green with the true fix."""

from __future__ import annotations

import ast
import importlib.util
from pathlib import Path

import pytest

from tests.e2e import products
from tests.e2e.recording import Product, record, reproduced

pytestmark = pytest.mark.e2e

_GROUPS = (
    products.METHODS, products.FUNCTIONS, products.VALUES, products.CHAINS, products.HTTP, products.CLI, products.CLOCK,
    products.FALLBACK, products.STYLES,
)  # fmt: skip
WORKS = {name: product for group in _GROUPS for name, product in group.items()}


class Folders:
    """Where each product is after it failed; a group fails when the first of it is asked for."""

    def __init__(self, base: Path) -> None:
        self._base = base
        self._found: dict[str, Path] = {}

    def of(self, name: str) -> Path:
        if name not in self._found:
            group = next(group for group in (*_GROUPS, products.UNTOLD) if name in group)
            here = {each: product for each, product in group.items() if _here(product)}
            places = {each: self._base / f"{len(self._found) + number}" for number, each in enumerate(here)}
            record({places[each]: product for each, product in here.items()})
            self._found |= places
        return self._found[name]


@pytest.fixture(scope="session")
def folders(tmp_path_factory: pytest.TempPathFactory) -> Folders:
    return Folders(tmp_path_factory.mktemp("products"))


def _here(product: Product) -> bool:
    return all(importlib.util.find_spec(name) for name in product.needs)


def test_names_are_used_once() -> None:
    assert len(WORKS) == sum(map(len, _GROUPS))


@pytest.mark.parametrize("name", WORKS)
async def test_the_test_is_red_as_in_production_and_green_with_the_fix(name: str, folders: Folders) -> None:
    product = WORKS[name]
    if not _here(product):
        pytest.skip(f"needs {', '.join(product.needs)}")
    done = await reproduced(product, folders.of(name))
    assert done.found.confirmed, done.found.why_not
    crash = [frame for frame in done.brief.occurrences[0].frames if frame.path][-1]
    assert (done.found.file, done.found.function) == (crash.path, crash.function)
    assert f"\n{done.found.exception}" in done.found.log.replace("| ", "\n")
    ast.parse(done.found.test_source)
    green = await done.run(product.fix)
    assert green.ok, f"{done.found.test_source}\n{green.log}"


@pytest.mark.parametrize("why", products.UNTOLD)
async def test_what_cannot_be_rebuilt_is_told(why: str, folders: Folders) -> None:
    done = await reproduced(products.UNTOLD[why], folders.of(why))
    assert not done.found.confirmed
    assert why in done.found.why_not
