"""What checks a change: found where a project keeps it, run on head and base, flaky ones told apart."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import pytest

from agents.config import Settings
from agents.propose.ci import CheckResult, checks_of, run_ci
from agents.propose.detect import Found, detect_commands
from agents.propose.targets import targets
from agents.propose.workflows import jobs
from agents.sandbox.choose import provider
from tests.conftest import plain_python

TESTS = {"tests/test_a.py": "def test_a():\n    pass\n"}
WORKFLOW = """
name: CI
on: {push: {branches: [main]}, pull_request: {}}
env: {MODE: "strict one"}
jobs:
  test:
    runs-on: ${{ matrix.os }}
    strategy:
      matrix: {os: [ubuntu-latest, windows-latest], python: ["3.12", "3.11"]}
    steps:
      - uses: actions/checkout@v4
      - uses: actions/setup-python@v5
      - run: |
          python -m pip install -r requirements.txt
          sudo apt-get install -y jq
      - name: Tests
        working-directory: src
        env: {PYTHON: "${{ matrix.python }}"}
        run: |
          echo "$MODE" "$PYTHON"
          python -m pytest -q
  lint:
    runs-on: ubuntu-22.04
    steps: [{run: ruff check .}]
  publish:
    runs-on: ubuntu-latest
    steps: [{run: "twine upload -p ${{ secrets.TOKEN }} dist/*"}]
  windows:
    runs-on: windows-latest
    steps: [{run: pytest}]
  database:
    runs-on: ubuntu-latest
    services: {postgres: {image: postgres}}
    steps: [{run: pytest}]
  elsewhere: {uses: other/repo/.github/workflows/x.yml@main}
  powershell:
    runs-on: ubuntu-latest
    steps: [{run: Get-Item, shell: pwsh}]
  nothing:
    runs-on: ubuntu-latest
    steps: [{uses: actions/checkout@v4}, {run: npm ci}]
"""


def lay(folder: Path, files: dict[str, str]) -> Path:
    folder.mkdir(exist_ok=True)
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    return folder


@pytest.mark.parametrize(
    ("files", "tests", "ci"),
    [
        (TESTS, "python -m pytest -q", ""),
        ({"tests/test_a.py": "import unittest\n"}, "python -m unittest discover -q", ""),
        ({"Makefile": "test:\n\ttrue\n"}, "make test", ""),
        ({".ci/run": "true\n"}, "", "sh .ci/run"),
        ({"a.py": ""}, "", ""),
    ],
)
def test_commands_are_found_where_they_are(tmp_path: Path, files: dict[str, str], tests: str, ci: str) -> None:
    assert detect_commands(lay(tmp_path, files)) == {"tests": tests, "ci": ci}


def test_jobs_of_a_workflow_are_its_own_lines(tmp_path: Path) -> None:
    found = {
        check.name.removesuffix(" (workflow)"): check
        for check in jobs(lay(tmp_path, {".github/workflows/ci.yml": WORKFLOW}))
    }
    assert found["test"].command.splitlines() == [
        "set -e", "(", "export MODE='strict one'", "export PYTHON=3.12", "cd src", 'echo "$MODE" "$PYTHON"',
        "python -m pytest -q", ")",
    ]  # fmt: skip
    assert "ruff check ." in found["lint"].command
    assert {name: check.why_not for name, check in found.items() if not check.command} == {
        "publish": "It needs secrets, which only GitHub has.",
        "windows": "It runs on windows-latest.",
        "database": "It needs containers of its own.",
        "elsewhere": "It calls a workflow from elsewhere.",
        "powershell": "A step runs in pwsh.",
    }


@pytest.mark.parametrize(
    "text",
    ["", ": : :", "- a\n- b", "on: push\njobs: [1]", "on: push\njobs: {a: 1}",
     "on: schedule\njobs: {a: {steps: [{run: x}]}}", "on: push\njobs: {a: {steps: {run: x}}}",
     "on: push\njobs: {a: {steps: [1, {run: [2]}], env: 3, strategy: 4}}"],
)  # fmt: skip
def test_a_workflow_that_is_none_says_nothing_that_could_be_run_by_mistake(tmp_path: Path, text: str) -> None:
    assert [
        check.command for check in jobs(lay(tmp_path, {".github/workflows/a.yaml": text})) if "x" in check.command
    ] == []


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        (
            {"tox.ini": "[tox]\n[testenv]\ncommands =\n    pytest {posargs:-q tests}\n"
             "[testenv:types]\ncommands = mypy {toxinidir}\n[testenv:odd]\ncommands = x {env:HOME}\n"},
            [Found("testenv (tox)", "set -e\npytest -q tests"), Found("types (tox)", "set -e\nmypy ."),
             Found("odd (tox)", "", "It needs {env:HOME}, which only tox knows.")],
        ),
        ({"tox.ini": "no ini at all", "noxfile.py": ""}, [Found("nox", "python -m nox --no-venv --no-install")]),
        ({"Makefile": "lint:\n\truff .\ntest : lint\nX := 1\n"},
         [Found("make lint", "make lint"), Found("make test", "make test")]),
        ({"Makefile": "check: lint test\nlint:\ntest:\n"}, [Found("make check", "make check")]),
        ({"package.json": '{"scripts": {"test": "jest", "lint": "eslint ."}}'},
         [Found("npm run lint", "npm run --silent lint"), Found("npm run test", "npm run --silent test")]),
        ({"package.json": "[]"}, []),
        ({"package.json": "{"}, []),
        ({}, []),
    ],
)  # fmt: skip
def test_what_tools_define_is_found(tmp_path: Path, files: dict[str, str], expected: list[Found]) -> None:
    assert targets(lay(tmp_path, files)) == expected


@pytest.mark.parametrize(
    ("files", "named", "expected"),
    [
        ({**TESTS, ".ci/run": ""}, "./mine", ["ci: ./mine"]),
        ({**TESTS, ".ci/run": ""}, "", ["ci: sh .ci/run"]),
        (TESTS, "", ["tests: python -m pytest -q"]),
        ({**TESTS, "Makefile": "lint:\n"}, "", ["make lint: make lint", "tests: python -m pytest -q"]),
        ({**TESTS, "Makefile": "test:\n"}, "", ["make test: make test"]),
        ({}, "", []),
    ],
)
def test_what_is_run_is_the_first_that_there_is(
    tmp_path: Path, files: dict[str, str], named: str, expected: list[str]
) -> None:
    settings = Settings(repo=tmp_path)
    settings.ci.command = named
    assert [f"{check.name}: {check.command}" for check in checks_of(settings, lay(tmp_path, files))] == expected


@dataclass
class Told:
    """A transcript that is only kept."""

    steps: list[tuple[str, bool | None]] = field(default_factory=list)

    async def step(
        self, kind: str, title: str, output: str = "", *, ok: bool | None = None, seconds: float = 0.0
    ) -> None:
        self.steps.append((title, ok))

    async def progress(self, line: str) -> None:
        assert line.startswith("check ")


async def run(
    tmp_path: Path, base: dict[str, str], head: dict[str, str], command: str = ""
) -> tuple[list[CheckResult], Told]:
    tmp_path.mkdir(exist_ok=True)
    settings, told = Settings(repo=tmp_path), Told()
    settings.ci.command, settings.sandbox.python = command, plain_python()
    sandboxes = provider("none", settings.sandbox, tmp_path)
    found = await run_ci(
        settings, sandboxes, lay(tmp_path / "base", base), lay(tmp_path / "head", {**base, **head}), told
    )
    return found, told


async def test_each_check_has_its_own_result(tmp_path: Path) -> None:
    steps = "  test: {steps: [{run: grep -q good a.txt}]}\n  lint: {steps: [{run: no-such-linter}]}\n"
    workflow = f"on: [push]\njobs:\n{steps}"
    base = {".github/workflows/ci.yml": workflow, "a.txt": "good\n"}
    (test, lint), told = await run(tmp_path, base, {})
    assert (test.name, test.status) == ("test (workflow)", "passed")
    assert lint.status == "skipped"
    assert "not in the sandbox" in lint.log
    assert told.steps == [("test (workflow): grep -q good a.txt", True), ("lint (workflow): no-such-linter", None)]


async def test_what_breaks_the_check_is_told_apart_from_what_was_broken_before(tmp_path: Path) -> None:
    (broken,), _ = await run(tmp_path / "a", {"a.txt": "good\n"}, {"a.txt": "bad\n"}, "grep good a.txt")
    assert (broken.name, broken.status) == ("ci", "failed")
    (before,), _ = await run(tmp_path / "b", {"a.txt": "bad\n"}, {}, "grep good a.txt")
    assert (before.name, before.status) == ("ci (fails on the base too)", "failed")
    (missing,), _ = await run(tmp_path / "c", {}, {}, "no-such-command")
    assert missing.status == "error"


async def test_a_check_that_passes_the_second_time_is_flaky(tmp_path: Path) -> None:
    count = tmp_path / "count"
    # Fails the first time it is run at all, which is on the head.
    (flaky,), told = await run(tmp_path, {"a.txt": ""}, {}, f"test -e {count} || {{ touch {count}; false; }}")
    assert (flaky.name, flaky.status) == ("ci (flaky)", "passed")
    assert "failed once" in flaky.log
    assert told.steps[0][1] is True


async def test_a_change_does_not_choose_what_checks_it(tmp_path: Path) -> None:
    (check,), _ = await run(tmp_path, {".ci/run": "false\n"}, {".ci/run": "true\n", "Makefile": "ci:\n\ttrue\n"})
    assert check.name.startswith("ci")
