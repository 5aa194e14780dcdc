"""What static analysis says of a change: only what the change brought, wherever its lines are now."""

from __future__ import annotations

import subprocess
import sys
import venv
from collections.abc import Callable
from pathlib import Path

import pytest

from agents.config import SandboxSettings
from agents.harness import Remark
from agents.models import Severity
from agents.propose.assess import lay_over
from agents.propose.static import Said, brought, static
from agents.sandbox.choose import provider
from tests.conftest import git, plain_python
from tests.unit.propose.test_propose_faults import Told

Make = Callable[..., Path]


async def look(
    make_repo: Make, base: dict[str, str], head: dict[str, str | None], python: str = ""
) -> tuple[list[Remark], Told]:
    repo = make_repo(base)
    old, new, project = repo.parent / "old", repo.parent / "new", repo.parent / "state"
    project.mkdir()
    lay_over(repo, old, {})
    lay_over(repo, new, head)
    for path, text in head.items():
        (repo / path).unlink(missing_ok=True) if text is None else (repo / path).write_text(text)
    git(repo, "add", "-A")
    diff = git(repo, "diff", "--cached", "-M") + "\n"
    sandboxes = provider("bubblewrap", SandboxSettings(python=python or plain_python()), project)
    if not (found := await sandboxes.check()).ok:
        pytest.skip(found.detail)
    told = Told()
    return await static(sandboxes, old, new, head, diff, told), told


OLD = """import os
import json


def load(text):
    return eval(text)


def name():
    return os.name
"""


async def test_only_what_the_change_brought_is_told(make_repo: Make) -> None:
    head = "# One line more.\n" + OLD.replace("return os.name", "return undefined") + "\n\ndef more(t):\n    exec(t)\n"
    remarks, _ = await look(make_repo, {"app.py": OLD}, {"app.py": head})
    said = {(r.text.split(":")[0], r.line, r.severity) for r in remarks}
    assert said == {
        ("F821", 11, Severity.MUST_FIX), ("F401", 2, Severity.SHOULD_FIX), ("S102", 15, Severity.SHOULD_FIX),
    }  # fmt: skip
    assert {r.by for r in remarks} == {"ruff"}


async def test_a_finding_on_a_line_that_was_changed_is_not_new(make_repo: Make) -> None:
    head = OLD.replace("eval(text)", "eval(text.strip())").replace("def load", "\n\ndef load")
    assert (await look(make_repo, {"app.py": OLD}, {"app.py": head}))[0] == []


async def test_tests_may_assert_and_a_removed_file_says_nothing(make_repo: Make) -> None:
    test = "def test_a():\n    assert eval('1')\n"
    head = {"app.py": None, "test_app.py": test}
    assert (await look(make_repo, {"app.py": OLD, "b.py": ""}, head))[0] == []


def test_the_same_finding_twice_is_new_once() -> None:
    one = [Said("a.py", 3, "S307", "eval")]
    diff = "--- a/a.py\n+++ b/a.py\n@@ -3,1 +3,2 @@\n eval(a)\n+eval(b)\n"
    assert brought(one, [*one, Said("a.py", 4, "S307", "eval")], diff) == [Said("a.py", 4, "S307", "eval")]


@pytest.fixture(scope="module")
def with_mypy(tmp_path_factory: pytest.TempPathFactory) -> str:
    """An environment of a project that has mypy."""
    folder = tmp_path_factory.mktemp("mypy") / "env"
    venv.create(folder, with_pip=False)
    site = subprocess.run(
        [sys.executable, "-c", "import mypy, pathlib; print(pathlib.Path(mypy.__file__).parent.parent)"],
        capture_output=True, text=True, check=True,
    ).stdout.strip()  # fmt: skip
    (own,) = folder.glob("lib/python*/site-packages")
    for path in Path(site).iterdir():
        if path.name.split("-")[0].split(".")[0] in (
            "mypy", "mypyc", "mypy_extensions", "typing_extensions", "pathspec", "librt", "ast_serialize",
        ) or "__mypyc" in path.name:  # fmt: skip
            subprocess.run(["cp", "-r", str(path), str(own)], check=True)
    return str(folder / "bin" / "python")


PLUGIN = """from pathlib import Path
from mypy.plugin import Plugin

Path("plugin-ran").write_text("x")


def plugin(version):
    return Plugin
"""
RATES = "def rate(country: str) -> int:\n    return len(country)\n\n\nbad: int = 'x'\n"
CART = "from rates import rate\n\n\ndef total() -> int:\n    return rate('NL') + 1\n"


async def test_new_type_errors_are_told_where_they_are_also_in_callers(make_repo: Make, with_mypy: str) -> None:
    base = {
        "rates.py": RATES, "cart.py": CART, "plug.py": PLUGIN,
        "mypy.ini": "[mypy]\nfiles = rates.py, cart.py\nplugins = plug.py\n",
    }  # fmt: skip
    head = "import os\n\n" + RATES.replace("-> int:\n    return len(country)", "-> str:\n    return os.sep + country")
    remarks, told = await look(make_repo, base, {"rates.py": head}, with_mypy)
    assert [(r.path, r.line, r.severity, r.by) for r in remarks] == [("cart.py", 5, Severity.SHOULD_FIX, "mypy")]
    assert remarks[0].text.startswith("operator: ")
    assert "mypy: 1 of 2 errors are new" in told.steps
    assert not list(Path.cwd().glob("plugin-ran"))


async def test_without_a_configuration_only_the_changed_files_are_checked(make_repo: Make, with_mypy: str) -> None:
    head = RATES + "worse: str = 1\n"
    remarks, _ = await look(make_repo, {"rates.py": RATES, "cart.py": CART}, {"rates.py": head}, with_mypy)
    assert [(r.path, r.line, r.severity) for r in remarks] == [("rates.py", 6, Severity.CONSIDER)]


async def test_where_mypy_is_set_up_and_not_there_it_is_said(make_repo: Make) -> None:
    base = {"rates.py": RATES, "pyproject.toml": "[tool.mypy]\nstrict = true\n"}
    remarks, told = await look(make_repo, base, {"rates.py": RATES + "a = 1\n"})
    assert (remarks, told.steps) == ([], ["mypy was not run"])
