"""Each recorded case is what its truth says: its tests pass, its hidden tests fail on the base and pass when mended."""

from __future__ import annotations

import ast
import json
import shutil
import subprocess
from pathlib import Path

import pytest

from agents.evaluate.cases import Case, read_cases
from tests.conftest import git, plain_python

FOLDER = Path(__file__).parents[2] / "evals"
CASES = read_cases(FOLDER)
WITHOUT_A_CHANGE = ("needs_input", "not_actionable", "no_safe_fix")

# pytest itself is not installed for the plain interpreter; it is found in this one's packages, as in sandboxes.
_PYTEST = "import sys; sys.path += {path!r}; import pytest; raise SystemExit(pytest.main(sys.argv[1:]))"


def passes(repo: Path, *paths: str) -> bool:
    """Whether a case's tests pass in a copy of its repository."""
    where = [str(Path(pytest.__file__).parents[1])]
    command = [plain_python(), "-B", "-c", _PYTEST.format(path=where), "-q", "-p", "no:cacheprovider", *paths]
    done = subprocess.run(command, cwd=repo, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode in (0, 1), done.stdout + done.stderr
    return done.returncode == 0


@pytest.fixture(params=CASES, ids=lambda case: case.name)
def case(request: pytest.FixtureRequest) -> Case:
    return request.param  # type: ignore[no-any-return]


@pytest.fixture
def copy(case: Case, tmp_path: Path) -> Path:
    """The case's repository with its hidden tests beside it."""
    shutil.copytree(case.repo, tmp_path / "repo", ignore=shutil.ignore_patterns("__pycache__"))
    if case.hidden:
        shutil.copytree(case.folder / "hidden", tmp_path / "repo" / "hidden")
    return tmp_path / "repo"


def test_there_are_enough_of_each_kind() -> None:
    assert len(CASES) >= 15
    assert sum(case.truth.outcome in WITHOUT_A_CHANGE for case in CASES) >= 5
    assert {case.truth.outcome for case in CASES} == {"fixed", *WITHOUT_A_CHANGE}


def test_its_tests_and_its_fix_are_as_told(case: Case, copy: Path) -> None:
    assert passes(copy, "tests")
    fix = case.folder / "fix.patch"
    assert fix.exists() == (case.truth.outcome == "fixed")
    if case.truth.outcome == "fixed":
        assert not passes(copy, "hidden")
        git(copy, "init", "-q")
        git(copy, "apply", str(fix))
        assert passes(copy, "tests", "hidden")
    elif case.hidden:  # they tell what no change may do, so the base holds
        assert passes(copy, "hidden")


def test_its_truth_names_code_that_exists(case: Case) -> None:
    for place in case.truth.cause:
        tree = ast.parse((case.repo / place.file).read_text(encoding="utf-8"))
        assert place.function in {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}
    assert bool(case.truth.cause) == (case.truth.outcome != "not_actionable")


def test_its_events_are_whole_and_tell_nothing_of_where_they_were_recorded(case: Case) -> None:
    text = case.events.read_text(encoding="utf-8")
    events = [json.loads(line) for line in text.splitlines()]
    assert len({event["event_id"] for event in events}) == len(events)
    for event in events:
        for each in event.get("exception", {}).get("values", []):
            assert all(frame["abs_path"].startswith(("/srv/app/", "/usr/lib/")) for frame in each["stacktrace"]["frames"])
