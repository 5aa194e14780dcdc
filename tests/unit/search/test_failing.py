"""From failing tests to one fix, to alternatives, or to none: the whole search, in a sandbox."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from agents.fixing import fix
from agents.harness.search.failing import parsed
from agents.harness.search.repair.classes import Plausible, grouped
from agents.harness.search.repair.inputs import like
from agents.harness.search.repair.mutate import Mutant
from agents.harness.search.repair.spectrum import ochiai
from agents.refusal import Refused
from tests.conftest import plain_python

BUCKETS = """def clamp(value, low, high):
    if value < low:
        return low
    if value > high:
        return low
    return value
"""


async def search(folder: Path, files: dict[str, str], command: str, **more: Any) -> dict[str, Any]:
    for name, text in {**files, "loop.toml": f'[sandbox]\nkind = "none"\npython = "{plain_python()}"\n'}.items():
        (folder / name).write_text(text)
    return await fix(folder, command, **{"budget": 30, **more})


async def test_one_behaviour_left_is_the_fix_and_is_written_when_asked(tmp_path: Path) -> None:
    check = "from clamp import clamp\n" + "".join(
        f"assert clamp({v}, {low}, {high}) == {sorted((low, v, high))[1]}, {v}\n"
        for v in range(-3, 12) for low, high in ((0, 5), (2, 9), (-1, 3))
    )  # fmt: skip
    found = await search(tmp_path, {"clamp.py": BUCKETS, "check.py": check}, "python check.py", apply=True)
    assert (found["status"], found["applied"], found["behaviours"]) == ("fix", True, 1)
    assert found["candidates"][0]["path"] == "clamp.py"
    exec((tmp_path / "clamp.py").read_text() + check.split("\n", 1)[1])


async def test_candidates_that_differ_are_shown_with_the_call_that_tells_them_apart(tmp_path: Path) -> None:
    files = {
        "cart.py": "def total(price, count):\n    return price + count\n",
        "test_cart.py": "from cart import total\n\n\ndef test_total():\n    assert total(3, 1) == 3\n",
    }
    found = await search(tmp_path, files, "python -m pytest test_cart.py", apply=True)
    assert found["status"] == "alternatives"
    assert not found["applied"]
    assert 2 <= len(found["candidates"]) <= 3
    assert len(set(found["decider"]["gives"])) > 1
    assert (tmp_path / "cart.py").read_text() == files["cart.py"]


async def test_where_nothing_is_plausible_nothing_is_offered(tmp_path: Path) -> None:
    files = {
        "rates.py": "def rate(country):\n    return len(country)\n",
        "check.py": "from rates import rate\nassert rate('FR') == 20.6\nassert rate('DE') == 19.7\n",
    }
    found = await search(tmp_path, files, "python check.py", budget=2)
    assert (found["status"], found["candidates"]) == ("none", [])
    assert found["tried"] > 0


async def test_tests_that_pass_need_no_fix(tmp_path: Path) -> None:
    found = await search(tmp_path, {"check.py": "assert True\n"}, "python check.py")
    assert (found["status"], found["passing"]) == ("green", 1)


async def test_a_command_without_tests_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="No test was collected"):
        await search(tmp_path, {"test_empty.py": ""}, "pytest test_empty.py")


PYTEST, UNITTEST = (
    "python -m pytest -x -n 4 tests/test_a.py -k 'one or two'",
    "python3 -m unittest pkg.test_a.Case.test_x",
)


@pytest.mark.parametrize(
    ("command", "read"),
    [
        (PYTEST, ("pytest", ["tests/test_a.py", "-k", "one or two"], {})),
        ("CI=1 pytest", ("pytest", [], {"CI": "1"})),
        ("uv run pytest test_a.py", ("pytest", ["test_a.py"], {})),
        ("coverage run -m pytest test_a.py", ("pytest", ["test_a.py"], {})),
        (UNITTEST, ("pytest", ["-o", "python_files=test*.py", "pkg/test_a.py::Case::test_x"], {})),
        ("python3.12 check.py --fast", ("script", ["check.py", "--fast"], {})),
    ],
)
def test_commands_that_are_read(command: str, read: tuple[str, list[str], dict[str, str]]) -> None:
    assert parsed(command) == read


@pytest.mark.parametrize("command", ["make test", "", "pytest 'open", "tox && true", "npm test"])
def test_a_command_that_is_not_read_says_what_is(command: str) -> None:
    with pytest.raises(Refused, match="python -m pytest"):
        parsed(command)


def test_lines_that_only_failing_tests_run_are_the_most_suspicious() -> None:
    a, b, c = ("f.py", 1), ("f.py", 2), ("f.py", 3)
    scores = ochiai([{a, b}], [{a}, {a, c}], [])
    assert scores == {a: pytest.approx(1 / 3**0.5), b: 1.0}
    assert ochiai([{a, b}], [{a, b}], [b])[b] > scores[a]


def test_made_inputs_keep_what_the_recorded_ones_have_in_common() -> None:
    made = like([([1, 2, 5], 1), ([2, 3], 0), ([4, 6, 7, 9], 3)])
    assert len({repr(call) for call in made}) > 20
    assert all(values == sorted(values) and 0 <= at <= len(values) for values, at in made)


def plausible(prior: float, seen: list[str], *, silencing: bool = False) -> Plausible:
    return Plausible("f.py", Mutant((), 1, f"template {prior}", prior, silencing), prior, seen)


def test_groups_that_only_silence_or_err_where_others_do_not_are_refused() -> None:
    good, erring = plausible(0.7, ["1", "2", "3"]), plausible(0.9, ["1", "!KeyError", "!KeyError"])
    silent = plausible(1.0, ["1", "2", "4"], silencing=True)
    groups = grouped([erring, good, silent], ["1", "2", "9"], 1, {0})
    assert [group.best for group in groups] == [good]


def test_what_passing_tests_saw_stays() -> None:
    keeps, changes = plausible(0.5, ["1", "2"]), plausible(0.6, ["7", "2"])
    assert [group.best for group in grouped([changes, keeps], ["1", "2"], 1, {0})] == [keeps]


def test_it_starts_without_the_store() -> None:
    check = "import sys, agents.fixing; assert not {'sqlmodel', 'sqlalchemy', 'dbos'} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", check], check=True)


async def test_a_plugin_that_the_projects_options_need_is_loaded(tmp_path: Path) -> None:
    (tmp_path / "sugar-1.0.dist-info").mkdir()
    files = {
        "sugar-1.0.dist-info/METADATA": "Metadata-Version: 2.1\nName: sugar\nVersion: 1.0\n",
        "sugar-1.0.dist-info/entry_points.txt": "[pytest11]\nsugar = own\n",
        "pytest.ini": "[pytest]\naddopts = --own\n",
        "own.py": "def pytest_addoption(parser):\n    parser.addoption('--own', action='store_true')\n",
        "test_it.py": "def test_it():\n    assert 1\n",
    }
    found = await search(tmp_path, files, "python -m pytest")
    assert found["status"] == "green"


async def test_an_option_that_nothing_knows_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="code 4"):
        await search(tmp_path, {"test_it.py": "def test_it():\n    assert 1\n"}, "pytest --nobody-knows-this")
