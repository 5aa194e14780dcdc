"""Frames of an event mapped to files of the repository.

An event knows paths of the machine it ran on. The longest common tail of path parts decides; where two files share it,
the module's name does; library paths never map.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from agents.harness import Frame
from agents.models import Json


class Tree:
    """The files of one commit, by their last part."""

    def __init__(self, paths: Iterable[str]) -> None:
        self._by_name: dict[str, list[str]] = defaultdict(list)
        for path in paths:
            self._by_name[path.rsplit("/", 1)[-1]].append(path)

    def find(self, frame: Json) -> str | None:
        """The file a frame is of, None when it is not of this repository."""
        raws = [str(frame.get(name) or "").replace("\\", "/") for name in ("abs_path", "path")]
        if any(part in raw for raw in raws for part in ("/site-packages/", "/dist-packages/", "/lib/python")):
            return None
        best: list[tuple[int, str]] = []
        for raw in raws:
            parts = [part for part in raw.split("/") if part not in ("", ".")]
            if not parts:
                continue
            for path in self._by_name.get(parts[-1], ()):
                best.append((_common(parts, path.split("/")), path))
        if not best:
            return None
        longest = max(score for score, _ in best)
        found = sorted({path for score, path in best if score == longest})
        if len(found) > 1:
            module = str(frame.get("module") or "").replace(".", "/")
            named = [path for path in found if module and path.removesuffix(".py").endswith(module)]
            found = named or sorted(found, key=lambda path: (path.count("/"), path))
        whole = found[0].split("/")
        # One shared name (utils.py) is proof only when the whole path in the repository was matched.
        return found[0] if longest >= min(2, len(whole)) else None


def _common(left: list[str], right: list[str]) -> int:
    count = 0
    for a, b in zip(reversed(left), reversed(right), strict=False):
        if a != b:
            break
        count += 1
    return count


def read_frames(raw: Iterable[Json], tree: Tree) -> tuple[Frame, ...]:
    """The frames of one exception, outermost first."""
    return tuple(
        Frame(
            path=tree.find(frame),
            raw_path=str(frame.get("abs_path") or frame.get("path") or ""),
            module=str(frame.get("module") or ""),
            function=str(frame.get("function") or ""),
            line=int(frame.get("line") or 0),
            in_app=bool(frame.get("in_app")),
            context_line=str(frame.get("context_line") or ""),
            vars=dict(frame.get("vars") or {}),
        )
        for frame in raw
    )


def fault(exceptions: list[Json], tree: Tree) -> tuple[Json, tuple[Frame, ...]]:
    """The exception at fault among those of one event, with its stack, outermost first.

    Args:
        exceptions: as the SDK orders them: causes first, what came out last.
        tree: the files.

    An exception that the product raises for one of another function (`raise OrderError from error`), and one that holds
    others (a group), only carries the fault outward. What went wrong within a handler is the fault itself, and so is
    what a function makes of its own failed lookup.
    """
    current = exceptions[-1]
    frames = read_frames(current.get("frames") or [], tree)
    while (inner := _carried(exceptions, current, frames, tree)) is not None:
        own = read_frames(inner.get("frames") or [], tree)
        current, frames = inner, (*frames[: _overlap(frames, own)], *own)
    return current, frames


def _carried(exceptions: list[Json], outer: Json, frames: tuple[Frame, ...], tree: Tree) -> Json | None:
    """The exception that another one carries."""
    inner = _inner(exceptions, outer)
    own = [frame for frame in read_frames(inner.get("frames") or [], tree) if frame.path] if inner else []
    if not own or "Group" in str(outer.get("type")):
        return inner if own else None
    last = frames[-1] if frames else None
    if last is None or last.path is None or not last.context_line.strip().startswith("raise "):
        return None
    return inner if (own[-1].path, own[-1].function) != (last.path, last.function) else None


def _inner(exceptions: list[Json], outer: Json) -> Json | None:
    """What an exception was raised from, or the first that it holds."""
    before = exceptions[: next(number for number, each in enumerate(exceptions) if each is outer)]
    number = outer.get("exception_id")
    if number is None:  # an SDK, or a chain without groups, that numbers nothing: the order tells
        return before[-1] if before else None
    held = [each for each in before if each.get("parent_id") == number]
    # sentry-sdk 2 numbers a cause within a group after its exception, and calls the group its parent.
    chained = [each for each in before if each.get("exception_id") == number + 1]
    if "Group" in str(outer.get("type")):
        held = [each for each in held if str(each.get("within")).startswith("exceptions")] or held
        return held[-1] if held else None
    return next((each for each in chained if str(each.get("within")).startswith("__")), None)


def _overlap(outer: tuple[Frame, ...], inner: tuple[Frame, ...]) -> int:
    """How many of the outer frames come before the inner stack: it starts in the function that handled it."""
    first = inner[0]
    same = [
        number for number, frame in enumerate(outer)
        if (frame.raw_path, frame.function) == (first.raw_path, first.function)
    ]  # fmt: skip
    return same[-1] if same else len(outer)
