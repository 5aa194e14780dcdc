"""Which calls could show the failure again: each in-app frame's function with the arguments it had."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from agents.harness import Frame, Occurrence
from agents.harness.search.codemap import CodeMap, Function
from agents.harness.search.reproduce.arguments import arguments, by_name
from agents.harness.search.reproduce.call import Call
from agents.harness.search.reproduce.forms import attribute, decorators, of_method, wrapped
from agents.harness.search.reproduce.origins import Origins
from agents.harness.search.reproduce.reprs import Unbuildable
from agents.harness.search.reproduce.shapes import Style
from agents.harness.search.reproduce.values import BREADTH, Rebuilder

OUTWARD = 4  # frames tried, innermost first
_WRAPS = re.compile(r"^<function ([A-Za-z_]\w*(?:\.[A-Za-z_]\w*)?) at 0x")
_INLINE = {"<listcomp>", "<dictcomp>", "<setcomp>", "<genexpr>"}  # what runs within the function around it
PLAIN = Style()
OTHERS = (Style(keys="literal"), Style(keys="literal", items="tuple"), Style(items="set"))


def own_frames(occurrence: Occurrence) -> list[Frame]:
    """The frames of the repository's Python files, outermost first."""
    return [frame for frame in occurrence.frames if frame.path and frame.path.endswith(".py")]


def order(frames: list[Frame]) -> list[int]:
    """The frames to call, by their index.

    Innermost first; but who raises on purpose does its job, so the callers of a `raise` come before it.
    """
    found = list(reversed(range(max(0, len(frames) - OUTWARD), len(frames))))
    if frames and frames[-1].context_line.strip().startswith(("raise ", "assert ")):
        return [*found[1:], found[0]]
    return found


def calls(code: CodeMap, occurrence: Occurrence, style: Style = PLAIN) -> Iterator[Call | str]:
    """The calls worth trying for an occurrence, or why there is none for a frame, as a sentence's part."""
    frames = own_frames(occurrence)
    for index in order(frames):
        frame = frames[index]
        if frame.function in _INLINE or frame.function == "<module>":
            continue
        try:
            yield _call(code, frames, index, style)
        except Unbuildable as error:
            yield f"in {frame.function}() {error}"


def _call(code: CodeMap, frames: list[Frame], index: int, style: Style) -> Call:
    frame = frames[index]
    path = frame.path or ""
    if frame.function == "<lambda>":
        return _of_lambda(code, frame, style)
    function = code.function_at(path, frame.line, frame.function)
    if function is None:
        raise Unbuildable(f"the code is not what it was: the base has no such function in {path}")
    build = _Build(code, frames, index, function, Rebuilder(code, path, style))
    return build.inner() if function.nested else build.plain()


def _of_lambda(code: CodeMap, frame: Frame, style: Style) -> Call:
    """A lambda that a module gives a name to."""
    parsed = code.parse(frame.path or "")
    for node in parsed[1].body if parsed else []:
        if not isinstance(node, ast.Assign) or not isinstance(node.targets[0], ast.Name):
            continue
        if isinstance(node.value, ast.Lambda) and node.lineno <= frame.line <= (node.end_lineno or 0):
            name = node.targets[0].id
            rebuilder = Rebuilder(code, frame.path or "", style)
            given = [rebuilder.source(frame.vars[a.arg]) for a in node.value.args.args if a.arg in frame.vars]
            rebuilder.imports.add(code.module(frame.path or ""), name)
            return Call(frame.path or "", name, frozenset(rebuilder.imports.names), f"{name}({', '.join(given)})")
    raise Unbuildable("the lambda has no name to call it by")


class _Build:
    """One frame's function, called with what it was called with."""

    def __init__(
        self, code: CodeMap, frames: list[Frame], index: int, function: Function, rebuilder: Rebuilder
    ) -> None:
        self.code = code
        self.frame = frames[index]
        self.function = function
        self.rebuilder = rebuilder
        self.origins = Origins(code, frames, index, rebuilder)

    def plain(self) -> Call:
        """A function of a module, or a method."""
        function, marks = self.function, decorators(self.function)
        if function.owner is None:
            positional, named = self._given(self.frame.vars, 0)
            name = self.rebuilder.imports.add(self.code.module(function.path), function.name)
            name += ".callback" if marks & {"command", "group"} and self._uses_click() else ""
            return self.made(wrapped(function, f"{name}({', '.join([*positional, *named])})"))
        if "staticmethod" in marks or function.name == "__init__":
            positional, named = self._given(self.frame.vars, "staticmethod" not in marks)
            owner = self.class_name(function.owner)
            target = owner if function.name == "__init__" else f"{owner}.{function.name}"
            return self.made(wrapped(function, f"{target}({', '.join([*positional, *named])})"))
        receiver = self.receiver(marks)
        if attribute(marks):
            return self.made(wrapped(function, f"{receiver}.{function.name}"))
        if function.name == "__post_init__":
            return self.made(wrapped(function, receiver))
        positional, named = self._given(self.frame.vars, 1)
        return self.made(of_method(function, receiver, positional, named))

    def inner(self) -> Call:
        """A function made by another: through what it decorates, or through who made it."""
        for value in self.frame.vars.values():
            if isinstance(value, str) and (wraps := _WRAPS.match(value)):
                return self._decorated(wraps[1])
        around = [
            f for f in self.code.functions(self.function.path)
            if f.node is not self.function.node
            and f.node.lineno <= self.function.node.lineno <= (f.node.end_lineno or 0)
        ]  # fmt: skip
        maker = around[-1]
        gives = [n for n in ast.walk(maker.node) if isinstance(n, ast.Return) and isinstance(n.value, ast.Name)]
        if maker.nested or maker.owner or not any(n.value.id == self.function.name for n in gives):  # type: ignore[union-attr]
            raise Unbuildable(f"the function is made inside {maker.name}() and cannot be called from outside")
        name = self.rebuilder.imports.add(self.code.module(maker.path), maker.name)
        outer = arguments(maker, self.frame.vars, 0, self.value)
        inner = self._given(self.frame.vars, 0)
        text = f"{name}({', '.join([*outer[0], *outer[1]])})({', '.join([*inner[0], *inner[1]])})"
        return self.made(wrapped(self.function, text))

    def _decorated(self, dotted: str) -> Call:
        """The function a wrapper stands around, called by its own name."""
        args = self.function.node.args
        given = self.frame.vars.get(args.vararg.arg, []) if args.vararg else []
        words = self.frame.vars.get(args.kwarg.arg, {}) if args.kwarg else {}
        first, named = arguments(self.function, self.frame.vars, 0, self.value, starred=False)
        rest = [*first, *named] if first or named else []
        rest += [self.value(f"argument {number}", item, None) for number, item in enumerate(given, 1)]
        owner, _, name = dotted.rpartition(".")
        if owner:
            receiver, *rest = rest or [self.class_name(owner)]
            target = f"{receiver}.{name}"
        else:
            target = self.rebuilder.source(f"<function {dotted} at 0x0>")
        rest += by_name({key: self.value(key, item, None) for key, item in words.items()})
        text = f"{target}({', '.join(rest)})"
        return self.made(wrapped(self.function, text), dotted.rpartition(".")[2])

    def made(self, form: tuple[tuple[str, ...], tuple[str, ...], str, set[str]], name: str = "") -> Call:
        """The call, with what may be wrong with it."""
        before, around, text, modules = form
        for module in modules:
            self.rebuilder.imports.add(*module.split(":")) if ":" in module else self.rebuilder.imports.add(module)
        names = frozenset(self.rebuilder.imports.names)
        title = around[-1].rstrip(":") if text == "pass" else before[1].strip(" :") if before else ""
        return Call(
            self.function.path, name or self.function.name, names, text, before, around, tuple(self._doubts()),
            self.rebuilder.untyped, owner="" if name else self.function.owner or "",
            title=title.removeprefix("return "),
        )  # fmt: skip

    def _doubts(self) -> Iterator[str]:
        if self.rebuilder.full:
            yield f"a value had {BREADTH} items, as many as sentry-sdk sends, and may have had more"
        for node in ast.walk(self.function.node):
            stored = isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
            if stored and node.id in self.function.params and node.lineno < self.frame.line:  # type: ignore[attr-defined]
                yield f"{node.id} was given another value before the failure"  # type: ignore[attr-defined]
                return

    def _uses_click(self) -> bool:
        return "click" in self.code.text(self.function.path)

    def class_name(self, owner: str) -> str:
        """The class, imported from where the function is."""
        return self.rebuilder.imports.add(self.code.module(self.function.path), owner)

    def receiver(self, marks: set[str]) -> str:
        """What a method was called on."""
        name = self.function.params[0] if self.function.params else "self"
        if "classmethod" in marks:
            captured = str(self.frame.vars.get(name, ""))
            try:
                return self.rebuilder.source(captured)
            except Unbuildable:
                return self.class_name(str(self.function.owner))
        if name not in self.frame.vars:
            raise Unbuildable(f"{name} was not captured")
        try:
            return self.rebuilder.source(self.frame.vars[name])
        except Unbuildable as error:
            return self._elsewhere(name, error)

    def _elsewhere(self, name: str, error: Unbuildable) -> str:
        """Where its repr does not say it, what the caller's code says a value is made of."""
        try:
            return self.origins.of(self.function, name)
        except Unbuildable:
            raise Unbuildable(f"{name} {error}") from error

    def value(self, name: str, captured: object, annotation: ast.expr | None) -> str:
        """A captured argument's source."""
        try:
            return self.rebuilder.source(captured, annotation)
        except Unbuildable as error:
            return self._elsewhere(name, error)

    def _given(self, given: dict[str, object], skip: int) -> tuple[list[str], list[str]]:
        return arguments(self.function, given, skip, self.value)
