"""Pytest plugins that came with Loop, kept out of the tests of a project that says nothing of them.

Pytest loads every plugin that is installed beside it. Where a project has no environment of its own and its tests run
with Loop's interpreter, those are plugins of Loop's dependencies, and importing them takes longer than a small test.
"""

from __future__ import annotations

import re
from importlib.metadata import PackageNotFoundError, requires
from importlib.metadata import distribution as installed
from itertools import islice
from pathlib import Path

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from agents.sandbox.dependencies import dependency_files

_GROUP = "pytest11"  # where plugins are registered; docs.pytest.org, "Making your plugin installable by others"
_SPEAKING = ("conftest.py", "pytest.ini", "test*/conftest.py", "test*.py", "test*/**/*.py", "src/**/test*.py")
_FILES = 500  # that are read for a plugin's name
_CHARACTERS = 200_000  # of one file


def unasked(project: Path, root: str = "loop-inbox") -> list[str]:
    """The names, as `-p no:NAME` takes them, of plugins that `root` brought and `project` does not mention.

    Args:
        project: the repository's root; its dependency files and tests are read.
        root: the distribution whose dependencies, at any depth and with all extras, are looked at.
    """
    plugins = _plugins(root)
    if not plugins:
        return []
    said = _said(project)
    return [name for name, package in plugins if not _mentioned(said, name, package)]


def _plugins(root: str) -> list[tuple[str, str]]:
    """(plugin, its package) of all that `root` needs and that is installed."""
    found: dict[str, list[tuple[str, str]]] = {}
    todo = [root]
    while todo:
        name = canonicalize_name(todo.pop())
        if name in found:
            continue
        try:
            entries = installed(name).entry_points.select(group=_GROUP)
        except PackageNotFoundError:
            continue
        found[name] = [(entry.name, name) for entry in entries]
        todo += _needs(name)
    return sorted(plugin for plugins in found.values() for plugin in plugins)


def _needs(name: str) -> list[str]:
    needed = []
    for line in requires(name) or ():
        try:
            needed.append(Requirement(line).name)
        except InvalidRequirement:
            continue  # an old package's own notation
    return needed


def _said(project: Path) -> str:
    """What a project's dependency files and tests say, in lower case, with `-` for `_`."""
    texts = [data.decode("utf-8", "replace") for data in dependency_files(project).values()]
    speaking = (path for pattern in _SPEAKING for path in project.glob(pattern))
    for path in islice(speaking, _FILES):
        if path.is_file() and not path.is_symlink():
            with path.open(encoding="utf-8", errors="replace") as file:
                texts.append(file.read(_CHARACTERS))
    return "\n".join(texts).lower().replace("_", "-")


def _mentioned(said: str, name: str, package: str) -> bool:
    """Whether the package, a marker or a setting of the plugin is named."""
    name = name.lower().replace("_", "-")
    words = "|".join(re.escape(word) for word in (package, f"mark.{name}", f"{name}-mode"))
    return re.search(rf"(?<![\w-])(?:{words})(?!\w)", said) is not None
