"""Small products whose failure a real SDK records, brought to a harness as the intake would bring them."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from agents.brief import occurrence
from agents.collect.normalise import event
from agents.config import Settings
from agents.frames import Tree
from agents.harness import Brief, Numbers, Occurrence, Reproduction
from agents.harness.search.codemap import code_of
from agents.harness.search.reproduce.run import argv, reproduce
from agents.models import Signal
from agents.sandbox import Result, Source
from agents.sandbox.bare import BareProvider
from tests.conftest import plain_python

_RECORDER = """
import importlib, json, os, runpy, sys
import sentry_sdk
from sentry_sdk.transport import Transport

class Keep(Transport):
    def capture_envelope(self, envelope):
        event = envelope.get_event()
        if event is not None:
            kept.append(json.loads(json.dumps(event, default=str)))

def record(request):
    os.chdir(request["folder"])
    sys.path.insert(0, os.path.join(os.getcwd(), request["root"]))
    # Only what is named: to enable all that is installed takes seconds for each product.
    named = {"flask": "Flask", "starlette": "Starlette", "fastapi": "FastApi", "django": "Django"}
    watched = [
        getattr(importlib.import_module(f"sentry_sdk.integrations.{need}"), f"{named[need]}Integration")()
        for need in request["needs"] if need in named
    ]
    sentry_sdk.init(
        dsn="http://key@127.0.0.1:9/1", transport=Keep, auto_enabling_integrations=False, integrations=watched
    )
    sys.argv = request["argv"] or ["traffic"]
    try:
        if request["argv"]:
            runpy.run_module(request["argv"][0], run_name="__main__", alter_sys=False)
        else:
            exec(compile(request["traffic"], "<traffic>", "exec"), {"__name__": "traffic"})
    except Exception as error:
        if not kept:
            sentry_sdk.capture_exception(error)
    with open("recorded.json", "w") as out:
        json.dump(kept, out)

kept = []
sys.dont_write_bytecode = True
for request in json.load(sys.stdin):
    child = os.fork()  # no product sees another's modules
    if child == 0:
        try:
            record(request)
        finally:
            os._exit(0)
    os.waitpid(child, 0)
"""


@dataclass(frozen=True)
class Product:
    """A repository, what happened to it in production, and the true fix.

    `traffic` runs the product until it fails; with `argv` its command is run instead. `fix` replaces a text of a file.
    """

    files: dict[str, str]
    traffic: str = ""
    fix: tuple[str, str, str] = ("", "", "")
    argv: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()  # modules besides the standard library
    root: str = ""  # where its packages are


def record(products: dict[Path, Product]) -> None:
    """Run products in their folders until they fail; Sentry's SDK records it."""
    requests = []
    for folder, product in products.items():
        for path, text in product.files.items():
            target = folder / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(text, encoding="utf-8")
        requests.append({
            "folder": str(folder), "traffic": product.traffic, "argv": product.argv, "root": product.root,
            "needs": product.needs,
        })  # fmt: skip
    line = [sys.executable, "-B", "-c", _RECORDER]
    subprocess.run(line, input=json.dumps(requests), text=True, check=True)


def occurrences(events: list[dict[str, Any]], folder: Path) -> tuple[Occurrence, ...]:
    """Events as a harness sees them."""
    tree = Tree(path.relative_to(folder).as_posix() for path in folder.rglob("*.py"))
    found = []
    for number, raw in enumerate(events, 1):
        came = event(raw)
        assert came is not None
        signal = Signal(
            id=number, source="sentry", external_id=came.external_id, at=came.at, level=came.level,
            handled=came.handled, payload=came.payload, entities=came.entities, release=came.release,
        )  # fmt: skip
        found.append(occurrence(signal, tree))
    return tuple(found)


@dataclass
class Silent:
    """A transcript nobody reads."""

    steps: list[tuple[str, str]] = field(default_factory=list)

    async def step(
        self, kind: str, title: str, output: str = "", *, ok: bool | None = None, seconds: float = 0.0
    ) -> None:
        self.steps.append((title, output))

    async def progress(self, line: str) -> None:
        pass


@dataclass
class Reproduced:
    """What the harness made of a product's failure."""

    brief: Brief
    found: Reproduction
    steps: list[tuple[str, str]]

    async def run(self, fix: tuple[str, str, str] | None = None) -> Result:
        """Run the regression test in a fresh sandbox: at the base, or with a fix."""
        async with await self.brief.sandboxes.open(Source(self.brief.tree)) as sandbox:
            files = {self.found.test_path: self.found.test_source.encode()}
            if fix is not None:
                path, old, new = fix
                text = (self.brief.tree / path).read_text(encoding="utf-8")
                assert text.count(old) == 1, f"{old!r} is not once in {path}"
                files[path] = text.replace(old, new).encode()
            await sandbox.write(files)
            return await sandbox.run(argv(self.found.test_command, sandbox), timeout=60)


async def reproduced(product: Product, folder: Path) -> Reproduced:
    """Let the harness rebuild a recorded failure."""
    events = json.loads((folder / "recorded.json").read_text(encoding="utf-8"))
    settings = Settings(repo=folder)
    settings.sandbox.kind = "none"
    settings.sandbox.python = sys.executable if product.needs else plain_python()
    told, found = Silent(), occurrences(events, folder)
    first = found[0]
    brief = Brief(
        report_id=7, title=f"{first.exception}: {first.message}", occurrences=found, texts=(),
        numbers=Numbers(1, 1, first.at, first.at, (1,), 0.0, 0.0, ""), repo=folder, tree=folder, base_sha="0" * 40,
        release_sha=None, tests="", sandboxes=BareProvider(settings.sandbox, folder), transcript=told, budget=60.0,
    )  # fmt: skip
    return Reproduced(brief, await reproduce(brief, code_of(brief)), told.steps)
