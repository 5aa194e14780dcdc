"""One run of a model: question, tools, answer, within limits; every way it can end is an answer or a sentence."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Generic, Protocol, TypeVar

import pydantic_ai
from pydantic import BaseModel
from pydantic_ai import Agent, Tool
from pydantic_ai.exceptions import (
    AgentRunError,
    ContentFilterError,
    ModelAPIError,
    ModelAuthenticationError,
    ModelConnectionError,
    ModelHTTPError,
    ModelNotFoundError,
    OutputTokenLimitExceeded,
    UnexpectedModelBehavior,
    UsageLimitExceeded,
    UserError,
)
from pydantic_ai.usage import UsageLimits

from agents.config import LlmSettings, Settings
from agents.harness import Brief, Unavailable
from agents.harness.llm import provider
from agents.harness.llm.compact import overflows
from agents.harness.llm.desk import Asked, Desk
from agents.harness.llm.product import product_of
from agents.harness.llm.prompts import instructions
from agents.harness.llm.purse import Purse, Spent
from agents.harness.llm.recorded import Garbled, RecordedModel
from agents.harness.llm.recording import Recording
from agents.harness.llm.streaming import BrokenOff
from agents.sandbox import Source
from agents.text import one_line

pydantic_ai.BANNER_ENABLED = False  # it would write on the terminal

_AWAY = (401, 402, 403, 404, 408, 429)  # key, credit, name, time, rate: the next request would fare no better

Answer = TypeVar("Answer", bound=BaseModel)
Taken = TypeVar("Taken")


@dataclass(frozen=True)
class Job(Generic[Answer, Taken]):
    """What a model is asked.

    Args:
        stage: investigate, propose or review; names the prompt.
        brief: the report.
        tree: what the sandbox starts from.
        subject: the commit or diff that is looked at: answers about another one are not used again.
        question: the task, given the mark of data.
        answer: the form of the answer.
        tools: what the model may do.
        check: raises ModelRetry with what is wrong with an answer.
        take: makes the result of a good answer, while the sandbox is there.
        files: put into the sandbox first.
    """

    stage: str
    brief: Brief
    tree: Path
    subject: str
    question: Callable[[str], str]
    answer: type[Answer]
    tools: Sequence[Tool[Desk]]
    check: Callable[[Desk, Answer], Awaitable[Answer]]
    take: Callable[[Desk, Answer], Awaitable[Taken]]
    files: Mapping[str, bytes | None] = field(default_factory=dict)


@dataclass(frozen=True)
class Told(Generic[Taken]):
    """How a run ended: with a result, or with `why_not`, a sentence."""

    taken: Taken | None
    why_not: str
    usd: float
    tokens: int
    opened: tuple[str, ...]


class Thinker(Protocol):
    """Does a job: `think` with a model, `agents.harness.acp.think.think` with an agent."""

    async def __call__(self, settings: Settings, job: Job[Answer, Taken]) -> Told[Taken]:
        """Run a job."""
        ...


async def think(settings: Settings, job: Job[Answer, Taken]) -> Told[Taken]:
    """Run a job with a model.

    Raises:
        Unavailable: the model cannot be asked.
        SandboxError: there is no sandbox.
    """
    llm, brief = settings.llm, job.brief
    wrapped = provider.model(llm)
    folder = settings.ensure_state() / "llm"
    key = (brief.report_id, job.stage, brief.round)
    recording = await asyncio.to_thread(Recording.begin, folder, key, f"{llm.model} {job.subject}")
    recording.prompt = recording.prompt or job.question(recording.nonce)
    model = RecordedModel(wrapped, recording, brief.transcript, Purse(settings, brief.report_id), llm)
    source = Source(job.tree, label=f"report-{brief.report_id}-{job.stage}")
    async with await brief.sandboxes.open(source) as sandbox, product_of(settings) as product:
        await sandbox.write(job.files)
        desk = Desk(brief, sandbox, recording, product=product)
        taken, why_not = None, ""
        try:
            answer = await _asked(settings, job, model, desk)
            taken = await job.take(desk, answer)
        except (AgentRunError, UserError, TimeoutError) as error:
            why_not = sentence(error, llm)
            if _away(error):
                raise Unavailable(why_not, model.usd, model.tokens) from error
            await brief.transcript.step("note", why_not, ok=False)
    if model.answers and not model.priced:
        await brief.transcript.step("note", f"The price of {llm.model} is not known: cost and its limit count it as 0.")
    return Told(taken, why_not, model.usd, model.tokens, tuple(sorted(desk.opened)))


async def _asked(settings: Settings, job: Job[Answer, Taken], model: RecordedModel, desk: Desk) -> Answer:
    llm = settings.llm
    agent = Agent(
        model,
        output_type=job.answer,
        deps_type=Desk,
        instructions=instructions(settings.state, job.stage, desk.recording.nonce),
        tools=job.tools,
        retries={"tools": 3, "output": 1},
        model_settings=provider.model_settings(llm),
        end_strategy="exhaustive",
    )

    async def check(asked: Asked, answer: Answer) -> Answer:
        return await job.check(asked.deps, answer)

    agent.output_validator(check)
    limits = UsageLimits(request_limit=llm.requests, total_tokens_limit=llm.tokens)
    async with asyncio.timeout(llm.seconds), agent:
        return (await agent.run(desk.recording.prompt, deps=desk, usage_limits=limits)).output


def _away(error: Exception) -> bool:
    """Whether the server cannot be used now, so that another harness should."""
    if isinstance(error, ModelHTTPError):
        return error.status_code in _AWAY or error.status_code >= 500
    return isinstance(error, (Garbled, ModelAPIError, Spent))


def sentence(error: Exception, llm: LlmSettings) -> str:
    """What happened, and what to do."""
    name = one_line(llm.model, 80)
    at = f" at {one_line(llm.base_url, 120)}" if llm.base_url else ""
    said = one_line(error, 240).rstrip(".")
    if overflows(error):
        return f"What the run has read is too long for {name}; use a larger one in [llm], or set its context there."
    for kind, text in (
        (TimeoutError, f"{name} gave no result within {llm.seconds:g} s; raise [llm] seconds in loop.toml."),
        (Spent, str(error)),
        (UsageLimitExceeded, f"{name} came to no result within the limits of [llm] in loop.toml ({said})."),
        (OutputTokenLimitExceeded, f"An answer of {name} was cut off; raise [llm] answer_tokens in loop.toml."),
        (ContentFilterError, f"{name} refused to answer; use another model in [llm], or take it by hand."),
        (ModelAuthenticationError, f"{name}{at} does not take the key; check the one in the environment."),
        (ModelNotFoundError, f"{name} is not known{at}; check [llm] model in loop.toml."),
        (BrokenOff, f"{name}{at} breaks off in the middle of its answers ({said}); try again later, or see its log."),
        (ModelConnectionError, f"{name}{at} cannot be reached; check [llm] base_url and that the server runs."),
        (Garbled, f"What came back from {name}{at} is no answer ({said}); check [llm] model and base_url."),
        (ModelAPIError, f"{name}{at} failed ({said}); try again later, or name another model in [llm]."),
        (UnexpectedModelBehavior, f"{name} gave no answer that could be used ({said})."),
    ):
        if isinstance(error, kind):
            return text
    return f"{name} cannot be used ({said}); check [llm] in loop.toml."
