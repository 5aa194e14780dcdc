"""What is where in the repository's Python code: functions by line, classes by name, and where tests live."""

from __future__ import annotations

import ast
import io
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from agents.harness import Brief, Frame

FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef
_SKIPPED = {".git", ".venv", "venv", "node_modules", "build", "dist", "__pycache__", ".tox", "site-packages"}
_LARGEST = 1_000_000  # bytes of a file worth parsing
_MOST = 5_000  # files
_SAMPLED = 50  # files whose quotes are counted


@dataclass(frozen=True)
class Function:
    """A function as it stands in a file."""

    path: str
    node: FunctionNode
    owner: str | None  # the class it is a method of
    nested: bool  # inside another function: it cannot be called from outside

    @property
    def name(self) -> str:
        """Its bare name."""
        return self.node.name

    @property
    def params(self) -> list[str]:
        """The names of its parameters, in order, without * and **."""
        a = self.node.args
        return [arg.arg for arg in (*a.posonlyargs, *a.args, *a.kwonlyargs)]


def import_root(frames: Iterable[Frame]) -> str:
    """The folder that imports start from, as frames tell it: `api`, where `api/shop/cart.py` is the module `shop.cart`.

    The commonest wins; "" is the repository itself.
    """
    found: Counter[str] = Counter()
    for frame in frames:
        name = frame.module.replace(".", "/") if frame.module != "__main__" else ""
        for ending in (f"{name}.py", f"{name}/__init__.py") if name and frame.path else ():
            if f"/{frame.path}".endswith(f"/{ending}"):
                found[(frame.path or "")[: -len(ending)].rstrip("/")] += 1
    return found.most_common(1)[0][0] if found else ""


def source_lines(text: str, *, ends: bool = False) -> list[str]:
    """The lines as Python's parser counts them: a form feed or U+2028 ends none."""
    rows = list(io.StringIO(text, newline=""))
    return rows if ends else [row.rstrip("\r\n") for row in rows]


class CodeMap:
    """The Python code of one tree.

    Args:
        tree: an exported commit.
        root: the folder that imports start from, where it is known; see `import_root`.
    """

    def __init__(self, tree: Path, root: str = "") -> None:
        self.tree = tree
        self._root = root
        self.opened: set[str] = set()
        self._parsed: dict[str, tuple[str, ast.Module] | None] = {}
        self._classes: dict[str, list[tuple[str, ast.ClassDef]]] = {}

    @cached_property
    def files(self) -> list[str]:
        """Every Python file, as a path in the tree."""
        found = []
        for path in sorted(self.tree.rglob("*.py")):
            relative = path.relative_to(self.tree)
            if not _SKIPPED & set(relative.parts) and not path.is_symlink() and path.stat().st_size <= _LARGEST:
                found.append(relative.as_posix())
        return found[:_MOST]

    @cached_property
    def sources(self) -> list[str]:
        """The files that are the product's, not its tests."""
        return [path for path in self.files if not is_test(path)]

    def parse(self, path: str) -> tuple[str, ast.Module] | None:
        """A file's text and tree; None when it is no Python that this interpreter reads."""
        if path not in self._parsed:
            self.opened.add(path)
            try:
                text = (self.tree / path).read_text(encoding="utf-8")
                self._parsed[path] = (text, ast.parse(text))
            except (OSError, SyntaxError, ValueError, RecursionError):
                self._parsed[path] = None
        return self._parsed[path]

    def functions(self, path: str) -> list[Function]:
        """The functions of a file, outermost first."""
        parsed = self.parse(path)
        return list(_walk(path, parsed[1].body, None, False)) if parsed else []

    def function_at(self, path: str, line: int, name: str = "") -> Function | None:
        """The innermost function around a line; with a name, the one of that name (nearest to the line)."""
        bare = name.rsplit(".", 1)[-1]
        found = self.functions(path)
        around = [f for f in found if f.node.lineno <= line <= (f.node.end_lineno or 0)]
        if bare and not bare.startswith("<"):
            named = [f for f in around if f.name == bare]
            if not named:  # the base may have moved on since the event's release
                named = sorted((f for f in found if f.name == bare), key=lambda f: abs(f.node.lineno - line))[:1]
            return named[-1] if named else None
        return around[-1] if around else None

    def classes(self, name: str) -> list[tuple[str, ast.ClassDef]]:
        """The top-level classes of that name, with their files."""
        if name not in self._classes:
            found = []
            for path in self.sources:
                parsed = self.parse(path) if f"class {name}" in self.text(path) else None
                if parsed:
                    found += [(path, n) for n in parsed[1].body if isinstance(n, ast.ClassDef) and n.name == name]
            self._classes[name] = found
        return self._classes[name]

    def text(self, path: str) -> str:
        """A file as it stands, whether or not it is Python that this interpreter reads; "" when it is not there."""
        try:
            return (self.tree / path).read_text(encoding="utf-8", errors="replace")
        except OSError:
            return ""

    def module(self, path: str) -> str:
        """The dotted name under which a file is imported."""
        if self._root and path.startswith(f"{self._root}/"):
            path = path.removeprefix(f"{self._root}/")
        parts = list(Path(path).with_suffix("").parts)
        if parts and parts[0] in ("src", "lib") and not (self.tree / parts[0] / "__init__.py").exists():
            parts = parts[1:]
        if parts and parts[-1] == "__init__":
            parts = parts[:-1]
        return ".".join(parts)

    @cached_property
    def source_root(self) -> str:
        """The folder imports start from: what the events tell, `src` where packages live below it, else ""."""
        if self._root:
            return self._root
        folder = self.tree / "src"
        return "src" if folder.is_dir() and not (folder / "__init__.py").exists() else ""

    @cached_property
    def test_folder(self) -> str:
        """Where tests live: the folder with most of them, else ""."""
        counts: dict[str, int] = {}
        for path in self.files:
            if is_test(path):
                folder = path.rpartition("/")[0]
                counts[folder] = counts.get(folder, 0) + 1
        return max(counts, key=lambda folder: (counts[folder], -len(folder))) if counts else ""

    @cached_property
    def tests_are_unittest(self) -> bool:
        """Whether the tests are written for unittest rather than for pytest."""
        texts = [self.text(path) for path in self.files if is_test(path)]
        cases = sum("(unittest.TestCase)" in text or "(TestCase)" in text for text in texts)
        return cases > sum("import pytest" in text or "\ndef test_" in f"\n{text}" for text in texts)

    @cached_property
    def double_quotes(self) -> bool:
        """Whether strings are mostly quoted with `"`."""
        whole = "".join(self.text(path) for path in self.files[:_SAMPLED])
        return whole.count('"') > whole.count("'")


def code_of(brief: Brief) -> CodeMap:
    """The code at a report's base."""
    return CodeMap(brief.tree, import_root(frame for one in brief.occurrences for frame in one.frames))


def is_test(path: str) -> bool:
    """Whether a file is a test, by pytest's and unittest's conventions."""
    name = path.rsplit("/", 1)[-1]
    parts = path.split("/")[:-1]
    return name.startswith("test_") or name.endswith("_test.py") or name == "conftest.py" or "tests" in parts


def _walk(path: str, body: list[ast.stmt], owner: str | None, nested: bool) -> Iterator[Function]:
    for node in body:
        if isinstance(node, FunctionNode):
            yield Function(path, node, owner, nested)
            yield from _walk(path, node.body, None, True)
        elif isinstance(node, ast.ClassDef):
            yield from _walk(path, node.body, node.name, nested)
        else:
            for name in ("body", "orelse", "finalbody"):
                inner = getattr(node, name, None)
                if isinstance(inner, list):
                    yield from _walk(path, inner, owner, nested)
