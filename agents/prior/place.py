"""The place a report is about, and whether a diff touches it."""

from __future__ import annotations

import ast
from dataclasses import dataclass

from unidiff.patch import PatchSet

from agents.harness import Brief
from agents.harness.search.codemap import FunctionNode
from agents.repository import GitError, Repository

_AROUND = 3  # lines above and below, where there is no function


@dataclass(frozen=True)
class Place:
    """A function of a file; `line` tells apart those of one name, and stands for itself where there is no function."""

    file: str
    function: str
    line: int

    @property
    def name(self) -> str:
        """For people."""
        return f"{self.function}() in {self.file}" if self.function else f"{self.file}:{self.line}"


def place_of(brief: Brief) -> Place | None:
    """Where the cause is, else where the failing call is, else where the first failure was raised in the project."""
    for finding in brief.findings:
        if finding.is_cause and finding.file:
            return Place(finding.file, _bare(finding.function or ""), finding.line or 0)
    if brief.reproduction.file:
        return Place(brief.reproduction.file, _bare(brief.reproduction.function), brief.reproduction.line)
    for occurrence in brief.occurrences[:1]:
        for frame in reversed(occurrence.frames):
            if frame.path:
                return Place(frame.path, _bare(frame.function), frame.line)
    return None


def _bare(function: str) -> str:
    name = function.rsplit(".", 1)[-1]
    return "" if name.startswith("<") else name


def span(text: str, place: Place) -> tuple[int, int] | None:
    """First and last line of the place in a text of its file; None where its function is not there."""
    if not place.function:
        return max(1, place.line - _AROUND), place.line + _AROUND
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError):
        return (max(1, place.line - _AROUND), place.line + _AROUND) if text else None
    named = [node for node in ast.walk(tree) if isinstance(node, FunctionNode) and node.name == place.function]
    if not named:
        return None
    nearest = min(named, key=lambda node: abs(node.lineno - place.line))
    return nearest.lineno, nearest.end_lineno or nearest.lineno


async def touches(repository: Repository, old: str, new: str, place: Place) -> bool:
    """Whether the place differs between two commits; False where one of them is gone."""
    try:
        diff = await repository.diff(old, new, context=0, paths=[place.file])
    except GitError:
        return False
    if not diff:
        return False
    before = span(await repository.show(old, place.file) or "", place)
    after = span(await repository.show(new, place.file) or "", place)
    return any(
        _meet(before, hunk.source_start, hunk.source_length) or _meet(after, hunk.target_start, hunk.target_length)
        for file in PatchSet(diff)
        for hunk in file
    )


def _meet(lines: tuple[int, int] | None, start: int, length: int) -> bool:
    # A side without lines stands between two: what is put there is in the span only where both are.
    if lines is None or not length:
        return lines is not None and lines[0] <= start < lines[1]
    return lines[0] <= start + length - 1 and start <= lines[1]
