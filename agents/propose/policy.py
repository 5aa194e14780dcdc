"""What a change may touch. What a harness returns is not trusted: a violation stops the change, whoever made it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path, PurePosixPath

_LARGEST = 1_000_000  # characters of one file
_MOST = 50  # files
_PROTECTED = (
    ".github/", ".gitlab-ci.yml", ".ci/", ".circleci/", "Jenkinsfile", ".pre-commit-config.yaml", ".husky/", ".git",
    ".gitattributes", ".gitmodules", "loop.toml", ".loop/",
)  # fmt: skip
_DEPENDENCIES = (
    "requirements", "pyproject.toml", "setup.py", "setup.cfg", "poetry.lock", "uv.lock", "Pipfile", "package.json",
)  # fmt: skip


def violation(tree: Path, files: Mapping[str, str | None]) -> str | None:
    """Why these files may not be changed, as a sentence; None when they may."""
    if len(files) > _MOST:
        return f"The change touches {len(files)} files, over the limit of {_MOST}."
    for path, text in files.items():
        if (why := _path(tree, path)) is not None:
            return why
        if text is not None and len(text) > _LARGEST:
            return f"The change would write {len(text)} characters to {path}, over the limit of {_LARGEST}."
    return None


def _path(tree: Path, path: str) -> str | None:
    pure = PurePosixPath(path)
    if pure.is_absolute() or ".." in pure.parts or not path or "\0" in path or "\\" in path:
        return f"The change names {path!r}, which is no path in the repository."
    if any(part.lower().rstrip(". ") in (".git", "git~1") for part in pure.parts):
        return f"The change touches {path}, which belongs to git."
    if any(path == name or (name.endswith("/") and path.startswith(name)) for name in _PROTECTED):
        return f"The change touches {path}, which is protected; make that change by hand."
    if pure.name.startswith(_DEPENDENCIES):
        return f"The change touches dependencies ({path}); make that change by hand."
    step = tree
    for part in pure.parts:
        step = step / part
        if step.is_symlink():
            return f"The change writes through a link ({path}); make that change by hand."
    return None
