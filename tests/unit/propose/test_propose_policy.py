"""What a change may touch: protected paths, dependencies in manifests and in code, size; each stops with a sentence."""

from __future__ import annotations

from pathlib import Path

import pytest

from agents.propose.dependencies import changed
from agents.propose.policy import oversized, violation

PYPROJECT = """[project]
name = "shop"
dependencies = ["httpx>=0.27", "pyyaml"]

[project.optional-dependencies]
dev = ["pytest"]
"""


def tree(folder: Path, files: dict[str, str]) -> Path:
    for path, text in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text)
    return folder


@pytest.mark.parametrize(
    "path",
    [
        ".github/workflows/ci.yml", ".GitHub/workflows/ci.yml", ".gitlab-ci.yml", ".ci/run", "ci/run", "script/ci",
        "bin/ci", "Jenkinsfile", "azure-pipelines.yml", "Makefile", "tox.ini", "noxfile.py", "pytest.ini",
        "conftest.py", "tests/conftest.py", ".pre-commit-config.yaml", "web/.husky/pre-commit",
        "lefthook.yml", ".githooks/pre-push",
        ".envrc", ".vscode/tasks.json", ".devcontainer/devcontainer.json", "sitecustomize.py", "lib/run.pth",
        ".gitattributes", "docs/CODEOWNERS", "loop.toml", ".loop/loop.db", ".claude/settings.json",
    ],
)  # fmt: skip
def test_what_checks_a_change_and_what_runs_by_itself_is_protected(tmp_path: Path, path: str) -> None:
    assert (
        violation(tmp_path, {path: "x"}) == f"The change touches {path}, which is protected; make that change by hand."
    )
    assert violation(tmp_path, {path: None}) is not None


@pytest.mark.parametrize(
    "path", ["../x.py", "/etc/passwd", "a/../../b", "", ".", "a\0b", "a\\b", ".git/config", "GIT~1/x"]
)
def test_what_is_no_path_of_the_project_stops(tmp_path: Path, path: str) -> None:
    assert violation(tmp_path, {path: "x"}) is not None


def test_a_link_is_not_written_through(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to("/tmp")
    assert "through a link (link/x.py)" in (violation(tmp_path, {"link/x.py": "x"}) or "")


@pytest.mark.parametrize(
    "path", ["shop/constraints.py", "requirements_reader.py", "makefile.py", "ci/runner.py", "a/b.py"]
)
def test_product_files_may_be_changed(tmp_path: Path, path: str) -> None:
    assert violation(tmp_path, {path: "x = 1\n"}) is None


def test_size_stops_by_files_by_characters_and_by_lines(tmp_path: Path) -> None:
    assert "51 files" in (violation(tmp_path, {f"{n}.txt": "" for n in range(51)}) or "")
    assert "1000001 characters" in (violation(tmp_path, {"a.txt": "a" * 1_000_001}) or "")
    assert oversized(200, 200) == ""
    assert "201 changed lines" in oversized(201, 200)


@pytest.mark.parametrize(
    ("path", "old", "new", "told"),
    [
        ("pyproject.toml", PYPROJECT, PYPROJECT.replace('"pyyaml"', '"pyyaml", "evil==1"').replace(">=0.27", "<1"),
         ["evil==1 (new)", "httpx>=0.27 to httpx<1"]),
        ("pyproject.toml", "", '[tool.poetry.dependencies]\nattrs = "^24"\nx = {version = "1"}\n',
         ["attrs ^24 (new)", "x 1 (new)"]),
        ("requirements-dev.txt", "a==1\nb\n", "a==2 --hash=sha256:00\n# c\n-r other.txt\n",
         ["b (removed)", "a==1 to a==2"]),
        ("uv.lock", '[[package]]\nname = "a"\nversion = "1"\n', '[[package]]\nname = "a"\nversion = "2"\n',
         ["a 1 to a 2"]),
        ("package.json", '{"dependencies": {"left-pad": "1"}}', '{"devDependencies": {"left-pad": "1", "x": "2"}}',
         ["x 2 (new)"]),
        ("package-lock.json", "{}", '{"packages": {"": {}, "node_modules/a/node_modules/b": {"version": "3"}}}',
         ["b 3 (new)"]),
        ("package.json", "{}", "no json", []),
        ("pyproject.toml", PYPROJECT, PYPROJECT + "[tool.ruff]\nline-length = 100\n", []),
        ("requirements.txt", "", "\n".join(f"p{n}" for n in range(7)),
         [*(f"p{n} (new)" for n in range(5)), "2 more"]),
    ],
)  # fmt: skip
def test_dependencies_that_change_are_named(path: str, old: str, new: str, told: list[str], tmp_path: Path) -> None:
    assert changed(path, old, new) == told
    why = violation(tree(tmp_path, {path: old}), {path: new}) or ""
    assert why.startswith(f"The change touches dependencies ({path}{': ' if told else ''}{', '.join(told)})")


def test_a_new_import_is_a_new_dependency(tmp_path: Path) -> None:
    base = tree(tmp_path, {
        "shop/cart.py": "import attrs\n", "src/lib/a.py": "", "tests/test_a.py": "", "pyproject.toml": PYPROJECT,
    })  # fmt: skip
    code = "try:\n    import {}\nexcept ImportError:\n    pass\n"
    for name in ("evil", "evil.deep as e"):
        why = violation(base, {"shop/cart.py": code.format(name)})
        assert why == "The change imports evil (shop/cart.py), a new dependency; add that by hand first."
    assert "evil (tests/test_b.py)" in (violation(base, {"tests/test_b.py": "from evil import x\n"}) or "")
    for name in ("json", "attrs", "httpx", "yaml", "shop.cart", "lib.a", "pytest", "fresh"):
        assert violation(base, {"shop/cart.py": code.format(name), "shop/fresh.py": ""}) is None, name
    assert violation(base, {"shop/cart.py": "from . import fresh\nfrom .evil import x\n"}) is None
