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

CASES = read_cases(Path(__file__).parents[2] / "evals")
WITHOUT_A_CHANGE = ("needs_input", "not_actionable", "no_safe_fix")

# One interpreter imports pytest once, without plugins, and each run of tests is a fork of it: seventy take seconds.
_FORKS = """
import json, os, sys
sys.path.append(sys.argv[1])
sys.dont_write_bytecode = True
os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
import pytest
ended = {}
for name, (folder, paths) in json.load(sys.stdin).items():
    child = os.fork()
    if child == 0:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        os.chdir(folder)
        sys.path.insert(0, folder)
        os._exit(pytest.main(["-q", "-p", "no:cacheprovider", "--rootdir", folder, *paths]))
    ended[name] = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
print(json.dumps(ended))
"""


@pytest.fixture(scope="module")
def passed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bool]:
    """Whether tests pass, by "case tests base", "case hidden base" and, where there is a fix, "case all fixed"."""
    runs: dict[str, tuple[str, list[str]]] = {}
    for case in CASES:
        base = _copy(case, tmp_path_factory.mktemp("base") / "repo")
        runs[f"{case.name} tests base"] = (str(base), ["tests"])
        if case.hidden:
            runs[f"{case.name} hidden base"] = (str(base), ["hidden"])
        if (fix := case.folder / "fix.patch").exists():
            fixed = _copy(case, tmp_path_factory.mktemp("fixed") / "repo")
            git(fixed, "apply", str(fix))
            runs[f"{case.name} all fixed"] = (str(fixed), ["tests", "hidden"])
    command = [plain_python(), "-c", _FORKS, str(Path(pytest.__file__).parents[1])]
    done = subprocess.run(command, input=json.dumps(runs), capture_output=True, text=True, check=True, timeout=300)
    ended: dict[str, int] = json.loads(done.stdout)
    assert set(ended.values()) <= {0, 1}, {name: code for name, code in ended.items() if code > 1}
    return {name: code == 0 for name, code in ended.items()}


def _copy(case: Case, folder: Path) -> Path:
    shutil.copytree(case.repo, folder, ignore=shutil.ignore_patterns("__pycache__"))
    if case.hidden:
        shutil.copytree(case.folder / "hidden", folder / "hidden")
    return folder


@pytest.fixture(params=CASES, ids=lambda case: case.name)
def case(request: pytest.FixtureRequest) -> Case:
    found: Case = request.param
    return found


def test_there_are_enough_of_each_kind() -> None:
    assert len(CASES) >= 15
    assert sum(case.truth.outcome in WITHOUT_A_CHANGE for case in CASES) >= 5
    assert {case.truth.outcome for case in CASES} == {"fixed", *WITHOUT_A_CHANGE}


def test_its_tests_and_its_fix_are_as_told(case: Case, passed: dict[str, bool]) -> None:
    fixable = case.truth.outcome == "fixed"
    assert passed[f"{case.name} tests base"]
    assert (case.folder / "fix.patch").exists() == fixable
    if case.hidden:  # of a case without a right change they tell what none may do, so the base holds
        assert passed[f"{case.name} hidden base"] != fixable
    if fixable:
        assert passed[f"{case.name} all fixed"]


def test_its_truth_names_code_that_exists(case: Case) -> None:
    for place in case.truth.cause:
        tree = ast.parse((case.repo / place.file).read_text(encoding="utf-8"))
        functions = [n for n in ast.walk(tree) if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef)]
        assert place.function in {node.name for node in functions}
    assert bool(case.truth.cause) == (case.truth.outcome != "not_actionable")


def test_its_events_are_whole_and_tell_nothing_of_where_they_were_recorded(case: Case) -> None:
    events = [json.loads(line) for line in case.events.read_text(encoding="utf-8").splitlines()]
    assert len({event["event_id"] for event in events}) == len(events)
    stacks = [each["stacktrace"] for event in events for each in event.get("exception", {}).get("values", [])]
    paths = [frame["abs_path"] for stack in stacks for frame in stack["frames"]]
    assert all(path.startswith(("/srv/app/", "/usr/lib/")) for path in paths)
