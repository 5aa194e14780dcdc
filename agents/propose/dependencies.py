"""Which dependencies a change brings or alters: what its manifests and lock files say, and what its code imports."""

from __future__ import annotations

import ast
import json
import re
import sys
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import Any

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from agents.harness.search.codemap import CodeMap

_IMPORT = re.compile(r"^[ \t]*(?:import|from)[ \t]+(\w+)", re.M)
_SHIPPED = {"pytest", "_pytest", "__future__"}  # every sandbox has these
_SHOWN = 5
Versions = dict[str, str]  # name → what is asked of it


def changed(path: str, old: str, new: str) -> list[str]:
    """What a new text of a manifest or lock file changes, for people: `requests>=2 (new)`; [] when that is not seen."""
    before, after = _versions(path, old), _versions(path, new)
    told = [f"{name}{after[name]} (new)" for name in after if name not in before]
    told += [f"{name}{before[name]} (removed)" for name in before if name not in after]
    told += [
        f"{name}{before[name]} to {name}{after[name]}"
        for name in after
        if name in before and before[name] != after[name]
    ]
    return told[:_SHOWN] + ([f"{len(told) - _SHOWN} more"] if len(told) > _SHOWN else [])


def _versions(path: str, text: str) -> Versions:
    name = PurePosixPath(path).name
    try:
        if name in ("package.json", "package-lock.json"):
            return dict(_of_npm(json.loads(text or "{}")))
        if name.endswith((".toml", ".lock")) or name == "Pipfile":
            return dict(_of_toml(tomllib.loads(text)))
    except (ValueError, AttributeError, TypeError):
        return {}
    return dict(_of_lines(text.splitlines()))


def _of_npm(read: dict[str, Any]) -> Iterator[tuple[str, str]]:
    for section in ("dependencies", "devDependencies", "peerDependencies", "optionalDependencies"):
        yield from ((str(name), f" {wanted}") for name, wanted in (read.get(section) or {}).items())
    for place, package in (read.get("packages") or {}).items():
        if place:
            yield place.rpartition("node_modules/")[2], f" {package.get('version', '')}"


def _of_toml(read: dict[str, Any]) -> Iterator[tuple[str, str]]:
    project = read.get("project") or {}
    listed = [*project.get("dependencies", []), *(read.get("build-system") or {}).get("requires", [])]
    for group in ((project.get("optional-dependencies") or {}), (read.get("dependency-groups") or {})):
        listed += [each for part in group.values() for each in part if isinstance(each, str)]
    yield from _of_lines(listed)
    poetry = (read.get("tool") or {}).get("poetry") or {}
    tables = [
        poetry.get("dependencies"),
        poetry.get("dev-dependencies"),
        read.get("packages"),
        read.get("dev-packages"),
    ]
    tables += [group.get("dependencies") for group in (poetry.get("group") or {}).values()]
    for table in tables:
        if isinstance(table, dict):
            yield from ((str(name), f" {_version(wanted)}") for name, wanted in table.items())
    for package in read.get("package") or []:
        yield str(package["name"]), f" {package.get('version', '')}"


def _version(wanted: object) -> str:
    return str(wanted.get("version", "")) if isinstance(wanted, dict) else str(wanted)


def _of_lines(lines: list[str]) -> Iterator[tuple[str, str]]:
    for line in lines:
        try:
            wanted = Requirement(line.split(" #")[0].split(" --hash")[0].rstrip("\\ ").strip())
        except InvalidRequirement:
            continue
        yield wanted.name, str(wanted.specifier) or (f" @ {wanted.url}" if wanted.url else "")


def imported(tree: Path, files: Mapping[str, str | None]) -> list[tuple[str, str]]:
    """(module, path) of what changed files import that is neither of Python, nor the project's own, used or declared.

    Args:
        tree: the base.
        files: path → new text.
    """
    known = {*sys.stdlib_module_names, *_SHIPPED, *_own(files)}
    found = [
        (name, path)
        for path, text in files.items()
        if path.endswith(".py") and text is not None
        for name in _imports(text)
        if name not in known
    ]
    if not found:
        return []
    code = CodeMap(tree)
    used = _own(code.files)
    for path in code.files:
        used |= set(_IMPORT.findall((tree / path).read_text(encoding="utf-8", errors="replace")))
    declared = _declared(tree)
    return [
        (name, path) for name, path in found
        if name not in used and not any(canonicalize_name(name) in each for each in declared)
    ]  # fmt: skip


def _own(paths: Mapping[str, object] | list[str]) -> set[str]:
    """Names under which files can be imported, wherever the import path begins."""
    return {part for path in paths if path.endswith(".py") for part in PurePosixPath(path).with_suffix("").parts}


def _imports(text: str) -> set[str]:
    try:
        nodes = list(ast.walk(ast.parse(text)))
    except (SyntaxError, ValueError):
        return set()
    names = {alias.name.split(".")[0] for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    return names | {
        node.module.split(".")[0]
        for node in nodes
        if isinstance(node, ast.ImportFrom) and not node.level and node.module
    }


def _declared(tree: Path) -> set[str]:
    patterns = ("pyproject.toml", "requirements*.txt", "requirements/*.txt", "Pipfile", "setup.cfg", "setup.py")
    texts = {
        path.name: path.read_text(encoding="utf-8", errors="replace")
        for pattern in patterns
        for path in tree.glob(pattern)
        if path.is_file() and not path.is_symlink()
    }
    names = {name for path, text in texts.items() for name in _versions(path, text)}
    for name in ("setup.cfg", "setup.py"):
        names |= set(re.findall(r"[\w.-]+", texts.get(name, "")))
    return {canonicalize_name(name) for name in names}
