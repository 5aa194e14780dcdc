"""A command run again with the arguments it had."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import replace

from agents.harness import Frame, Occurrence
from agents.harness.search.codemap import CodeMap, Function
from agents.harness.search.reproduce.call import Call
from agents.harness.search.reproduce.calls import own_frames
from agents.harness.search.reproduce.forms import decorators, wrapped
from agents.harness.search.suspect import last_name

_ARGV = {"argv", "args", "arguments"}


def commands(code: CodeMap, occurrence: Occurrence) -> Iterator[Call | str]:
    """The calls that run an occurrence's command again."""
    frames = own_frames(occurrence)
    top = next((number for number, frame in enumerate(frames) if frame.function == "<module>"), None)
    if top is None or not occurrence.argv:
        return
    given = [str(part) for part in occurrence.argv[1:]]
    if any(part in ("[scrubbed]", "[Filtered]") for part in given):
        yield "an argument of the command is a secret that was not captured"
    inside = [frame for frame in frames[top + 1 :] if not frame.function.startswith("<")]
    title = " ".join([_program(occurrence), *given])
    if inside:
        function = code.function_at(inside[0].path or "", inside[0].line, inside[0].function)
        if function is not None and function.owner is None and not function.nested:
            for call in _function(code, function, given, occurrence):
                yield replace(call, title=title)
    yield replace(_module(code, frames[top], given), title=title)


def _function(code: CodeMap, function: Function, given: list[str], occurrence: Occurrence) -> Iterator[Call]:
    """The entry point called: with the arguments where it takes them, else with `sys.argv` set."""
    module, name = code.module(function.path), function.name
    if decorators(function) & {"command", "group"} and "click" in code.text(function.path):
        text = f"{name}.main({given!r}, standalone_mode=False)"
        yield Call(function.path, name, frozenset({(module, name)}), text)
        return
    app = _typer(code, function)
    if app:
        text = f"typer.main.get_command({app})({given!r}, standalone_mode=False)"
        yield Call(function.path, name, frozenset({(module, app), ("typer", "")}), text)
        return
    params = [arg.arg for arg in function.node.args.args]
    names = {(module, name)}
    if params and params[0] in _ARGV:
        _, _, text, modules = wrapped(function, f"{name}({given!r})")
        yield Call(function.path, name, frozenset({*names, *((each, "") for each in modules)}), text)
    if len(params) == len(function.node.args.defaults):
        _, _, text, modules = wrapped(function, f"{name}()")
        argv = [_program(occurrence), *given]
        names |= {("sys", ""), ("unittest.mock", "patch"), *((each, "") for each in modules)}
        around = (f'with patch.object(sys, "argv", {argv!r}):',)
        yield Call(function.path, name, frozenset(names), text, around=around)


def _program(occurrence: Occurrence) -> str:
    """The command's name: `shop` of `python -m shop`."""
    name = occurrence.argv[0].removesuffix("/__main__.py").removesuffix(".__main__")
    return name.rstrip("/").rsplit("/", 1)[-1]


def _typer(code: CodeMap, function: Function) -> str:
    """The name of the application that a typer command is registered with; "" when it is none."""
    parsed = code.parse(function.path)
    for node in parsed[1].body if parsed and "command" in decorators(function) else []:
        made = node.value if isinstance(node, ast.Assign) else None
        if isinstance(made, ast.Call) and last_name(made.func) == "Typer":
            return last_name(node.targets[0])  # type: ignore[attr-defined]
    return ""


def _module(code: CodeMap, frame: Frame, given: list[str]) -> Call:
    """The module run as a program."""
    module = code.module(frame.path or "")
    name = module.removesuffix(".__main__")
    argv = [name.rpartition(".")[2], *given]
    names = {("runpy", ""), ("sys", ""), ("unittest.mock", "patch")}
    return Call(
        frame.path or "", name.rpartition(".")[2], frozenset(names), f'runpy.run_module("{name}", run_name="__main__")',
        around=(f'with patch.object(sys, "argv", {argv!r}):',),
    )  # fmt: skip
