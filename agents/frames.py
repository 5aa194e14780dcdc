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
