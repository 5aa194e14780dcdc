"""What a model works at: one sandbox, and results that are bounded, marked as data and told to the transcript."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Protocol

from pydantic_ai import RunContext

from agents.harness import Brief
from agents.harness.llm.recording import Recording
from agents.sandbox import Sandbox
from agents.text import one_line

RESULT = 20_000  # characters of one result


class Refusal(Exception):
    """A tool cannot do what it was asked; the model reads why and goes on."""


class ProductData(Protocol):
    """Answers SQL."""

    def query(self, sql: str) -> str:
        """The rows of one SELECT.

        Raises:
            Refusal: it cannot be run.
        """
        ...


@dataclass
class Desk:
    """One run's surroundings.

    Args:
        brief: what it is about.
        sandbox: where tools act.
        recording: what was answered before, and marks.
        opened: files that were read.
        written: files that tools wrote.
        product: what was observed of the product, where it can be asked.
    """

    brief: Brief
    sandbox: Sandbox
    recording: Recording
    opened: set[str] = field(default_factory=set)
    written: set[str] = field(default_factory=set)
    product: ProductData | None = None

    def data(self, name: str, text: str) -> str:
        """Text from outside between marks that it cannot know."""
        return marked(self.recording.nonce, name, text)


Asked = RunContext[Desk]


def marked(nonce: str, name: str, text: str, limit: int = RESULT) -> str:
    """Text from outside, cut in the middle to `limit` characters, between marks that it cannot know."""
    return f'<data-{nonce} from="{one_line(name, 120)}">\n{clipped(text, limit)}\n</data-{nonce}>'


def clipped(text: str, limit: int = RESULT) -> str:
    """The text, its middle left out where it is longer."""
    if len(text) <= limit:
        return text
    half = limit // 2
    return f"{text[:half]}\n… {len(text) - 2 * half} characters left out …\n{text[-half:]}"


async def act(asked: Asked, kind: str, title: str, do: Callable[[], Awaitable[tuple[str, bool | None]]]) -> str:
    """Do what a tool does, tell the transcript, and give the result to the model.

    What a cut-off run did is done again, because its sandbox is gone; the model reads the result that it had then.

    Args:
        asked: the call.
        kind: of the step.
        title: of the step, and where the data is from.
        do: gives the text, and whether it went well.
    """
    desk = asked.deps
    began = time.perf_counter()
    try:
        text, ok = await do()
    except Refusal as error:
        text, ok = str(error), False
    await desk.brief.transcript.step(kind, title, clipped(text), ok=ok, seconds=time.perf_counter() - began)
    known = desk.recording.result(asked.tool_call_id)
    return desk.data(title, text) if known is None else known
