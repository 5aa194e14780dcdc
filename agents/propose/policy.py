"""What a change may touch. What a harness returns is not trusted: a violation stops the change, whoever made it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path, PurePosixPath

from agents.propose.dependencies import changed, imported
from agents.text import one_line

_LARGEST = 1_000_000  # characters of one file
_MOST = 50  # files
# What decides how changes are checked, or is run where somebody only opens or checks out the project.
_FOLDERS = {
    ".git", ".github", ".gitlab", ".gitea", ".forgejo", ".circleci", ".buildkite", ".woodpecker", ".ci", ".husky",
    ".githooks", ".vscode", ".idea", ".devcontainer", ".claude", ".cursor", ".loop",
}  # fmt: skip
_NAMES = {
    ".gitattributes", ".gitmodules", "codeowners", ".gitlab-ci.yml", ".travis.yml", ".drone.yml", ".woodpecker.yml",
    "appveyor.yml", "azure-pipelines.yml", "bitbucket-pipelines.yml", "jenkinsfile", ".pre-commit-config.yaml",
    "lefthook.yml", ".lefthook.yml", ".envrc", ".mcp.json", "loop.toml", "makefile", "gnumakefile", "tox.ini",
    "noxfile.py", "pytest.ini", ".pytest.ini", "conftest.py", "sitecustomize.py", "usercustomize.py",
}  # fmt: skip
_SCRIPTS = {"ci/run", "script/ci", "bin/ci"}  # what `detect` takes for the project's checks
_DEPENDENCIES = re.compile(
    r"(?i)(.*/)?(requirements/.*|(requirements|constraints)[^/]*\.(txt|in)|pyproject\.toml|setup\.(py|cfg)|Pipfile[^/]*"
    r"|(poetry|uv|pdm|pixi|yarn)\.lock|(package|package-lock|npm-shrinkwrap)\.json|pnpm-lock\.yaml)"
)


def violation(tree: Path, files: Mapping[str, str | None]) -> str | None:
    """Why these files may not be changed, as a sentence; None when they may."""
    if len(files) > _MOST:
        return f"The change touches {len(files)} files, over the limit of {_MOST}."
    for path, text in files.items():
        if (why := _path(tree, path) or _manifest(tree, path, text)) is not None:
            return why
        if text is not None and len(text) > _LARGEST:
            return f"The change would write {len(text)} characters to {path}, over the limit of {_LARGEST}."
    for name, path in imported(tree, files):
        return f"The change imports {name} ({path}), a new dependency; add that by hand first."
    return None


def oversized(used: int, limit: int) -> str:
    """Why a change of so many lines is not offered, as a sentence; "" when it may be."""
    if used <= limit:
        return ""
    return (
        f"The change has {used} changed lines, over the limit of {limit}; make it by hand, or raise "
        "[harness] max_changed_lines in loop.toml."
    )


def _path(tree: Path, path: str) -> str | None:
    pure = PurePosixPath(path)
    if pure.is_absolute() or ".." in pure.parts or not pure.parts or "\0" in path or "\\" in path:
        return f"The change names {path!r}, which is no path in the repository."
    if any(part.lower().rstrip(". ") in (".git", "git~1") for part in pure.parts):
        return f"The change touches {path}, which belongs to git."
    names = [part.casefold() for part in pure.parts]
    if _FOLDERS & set(names[:-1]) or names[-1] in _NAMES or path.casefold() in _SCRIPTS or names[-1].endswith(".pth"):
        return f"The change touches {path}, which is protected; make that change by hand."
    step = tree
    for part in pure.parts:
        step = step / part
        if step.is_symlink():
            return f"The change writes through a link ({path}); make that change by hand."
    return None


def _manifest(tree: Path, path: str, text: str | None) -> str | None:
    if not _DEPENDENCIES.fullmatch(path):
        return None
    old = (tree / path).read_text(encoding="utf-8", errors="replace") if (tree / path).is_file() else ""
    what = one_line(", ".join(changed(path, old, text or "")), 300)
    return f"The change touches dependencies ({path}{f': {what}' if what else ''}); make that change by hand."
