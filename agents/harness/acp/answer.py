"""What an agent answered: a file it wrote, or the end of what it said, as a form that is checked."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any, TypeVar

from pydantic import BaseModel, TypeAdapter, ValidationError

from agents.harness.llm.answers import Place
from agents.harness.llm.desk import Desk
from agents.sandbox import SandboxError
from agents.text import one_line

FILE = ".loop-answer.json"
_LARGEST = 200_000  # bytes
_NEW = TypeAdapter(list[Place])
Form = TypeVar("Form", bound=BaseModel)


class NoAnswer(Exception):
    """There is none that can be used; the message tells the agent what is wrong."""


async def read(desk: Desk, said: str, form: type[Form]) -> Form:
    """The answer; files that it names as new count as written, if they are there.

    Args:
        desk: the sandbox, and what was written in it.
        said: what the agent said last.
        form: the answer's.

    Raises:
        NoAnswer: there is none, or it does not fit the form.
    """
    found: dict[str, Any] | None
    try:
        text = (await desk.sandbox.read(FILE, limit=_LARGEST)).decode("utf-8", "replace")
        await desk.sandbox.write({FILE: None})  # it is no part of the change, nor of a second answer
        found = _load(text)
    except SandboxError:
        found = next(_objects(said), None)
    if found is None:
        raise NoAnswer(f"There is no answer: write it to the file {FILE}, as one JSON object.")
    try:
        answer = form.model_validate(found)
        new = _NEW.validate_python(found.get("new_files") or [])
    except ValidationError as error:
        rows = [f"{'.'.join(map(str, each['loc']))}: {each['msg']}" for each in error.errors()[:5]]
        raise NoAnswer(f"The answer in {FILE} does not fit its schema. {'; '.join(rows)}") from error
    for path in (*new, getattr(answer, "test_path", "")):
        if path and await _there(desk, path):
            desk.written.add(path)
    return answer


async def _there(desk: Desk, path: str) -> bool:
    try:
        await desk.sandbox.read(path, limit=10_000_000)
    except SandboxError:
        return False
    return True


def _load(text: str) -> dict[str, Any]:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise NoAnswer(f"The file {FILE} is not JSON: {one_line(error, 200)}") from error
    if not isinstance(found, dict):
        raise NoAnswer(f"The file {FILE} has to be one JSON object.")
    return found


def _objects(text: str) -> Iterator[dict[str, Any]]:
    """The JSON objects that begin a line, last to first."""
    decoder = json.JSONDecoder()
    for start in reversed([match.end() - 1 for match in re.finditer(r"^[ \t`a-z]*\{", text, re.MULTILINE)][-50:]):
        try:
            found, _ = decoder.raw_decode(text, start)
        except (ValueError, RecursionError):
            continue
        if isinstance(found, dict):
            yield found
