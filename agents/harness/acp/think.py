"""One run of an agent: the question, its work in a sandbox, the answer that is checked, within limits."""

from __future__ import annotations

import asyncio
import json
import secrets
from functools import partial
from importlib.resources import files
from pathlib import Path

from pydantic_ai import ModelRetry

from agents.config import Settings
from agents.harness import Brief, Unavailable
from agents.harness.acp import answer
from agents.harness.acp.place import Place, placed
from agents.harness.acp.session import Session, Stopped
from agents.harness.acp.updates import Journal
from agents.harness.llm.desk import Desk, marked
from agents.harness.llm.investigate import known
from agents.harness.llm.prompts import instructions
from agents.harness.llm.purse import Purse
from agents.harness.llm.recording import Recording
from agents.harness.llm.show import occurrence_text
from agents.harness.llm.think import Answer, Job, Taken, Told
from agents.repository import GitError, Repository
from agents.sandbox import WORKDIR
from agents.text import one_line, visible

_SIGNALS = 5  # of a report that an agent reads
_SIGNAL = 4_000  # characters of one
_COMMITS = 10  # of the file where it fails
_ENDS = {"refusal": "refused to go on", "max_tokens": "ran out of its model's tokens",
         "max_turn_requests": "ran out of its own turns", "cancelled": "stopped"}  # fmt: skip


class _Paid(Purse):
    """The purse and the transcript of one run."""

    def __init__(self, settings: Settings, brief: Brief) -> None:
        super().__init__(settings, brief.report_id)
        self.tell = partial(_tell, brief)
        self.spent = brief.transcript.spent


async def _tell(brief: Brief, line: str) -> None:
    await brief.transcript.step("note", line, ok=False)


async def think(settings: Settings, job: Job[Answer, Taken]) -> Told[Taken]:
    """Have an agent do a job of `agents.harness.llm`.

    Raises:
        Unavailable: the agent cannot work, or its model cannot be asked.
        SandboxError: there is no sandbox.
    """
    brief = job.brief
    label = f"report-{brief.report_id}-{job.stage}"
    async with placed(settings, brief.sandboxes, job.tree, label, _Paid(settings, brief)) as place:
        await place.sandbox.write(job.files)
        journal = Journal(place.agent.name, brief.transcript)
        recording = Recording(Path(), "", "", secrets.token_hex(4))  # nothing is played again: an agent begins anew
        desk = Desk(brief, place.sandbox, recording, journal.opened, journal.written)
        taken, why_not = None, ""
        try:
            async with asyncio.timeout(settings.acp.seconds):
                found = await _worked(settings, job, place, desk, journal)
            taken = await job.take(desk, found)  # the agent has ended: nothing changes under what is taken
        except Unavailable as error:
            raise Unavailable(str(error), place.meter.usd, place.meter.tokens) from error
        except TimeoutError:
            limit = f"within {settings.acp.seconds:g} s; raise [acp] seconds in loop.toml."
            why_not = f"{place.agent.name} gave no result {limit}"
        except Stopped as error:
            why_not = str(error)
        if why_not:
            await _tell(brief, why_not)
    meter = place.meter
    if meter.answered and not meter.priced:
        await brief.transcript.step(
            "note", f"The price of {meter.model} is not known: the limit of USD counts it as 0."
        )
    opened = tuple(sorted(path for path in desk.opened if known(job.tree, path)))
    return Told(taken, why_not, meter.usd if meter.priced else max(meter.usd, journal.usd), meter.tokens, opened)


async def _worked(settings: Settings, job: Job[Answer, Taken], place: Place, desk: Desk, journal: Journal) -> Answer:
    """The answer, after the agent has ended.

    Raises:
        Stopped: there is none.
    """
    seconds = settings.acp.seconds + 60.0  # its own time is measured outside
    text, why = _question(settings, job, desk, await _history(job.brief, desk)), ""
    async with Session(place.agent, place.sandbox, place.link, place.meter, journal, seconds) as session:
        await job.brief.transcript.step("note", f"{session.told} works in {place.sandbox.kind}")
        for _ in range(2):
            end = await session.prompt(text)
            if end in _ENDS:
                raise Stopped(f"{place.agent.name} {_ENDS[end]}.")
            try:
                return await job.check(desk, await answer.read(desk, journal.last, job.answer))
            except (answer.NoAnswer, ModelRetry) as error:
                why = str(error)
            await job.brief.transcript.step("note", "The answer does not hold", why, ok=False)
            text = f"{why}\n\nMend this, and write the answer to the file {answer.FILE} again."
    raise Stopped(f"{place.agent.name} gave no answer that could be used ({one_line(why, 300).rstrip('.')}).")


async def _history(brief: Brief, desk: Desk) -> str:
    """The newest commits of the file where it fails: the sandbox has none."""
    own = [frame.path for each in brief.occurrences[:1] for frame in each.frames if frame.path]
    if not own:
        return ""
    try:
        found = await Repository(brief.repo).log(brief.base_sha, own[-1], limit=_COMMITS)
    except (GitError, ValueError):
        return ""
    rows = [f"{c.sha[:9]} {c.at:%Y-%m-%d} {c.author}: {visible(c.summary)}" for c in found]
    return desk.data(f"log {own[-1]}", "\n".join(rows))


def _question(settings: Settings, job: Job[Answer, Taken], desk: Desk, history: str) -> str:
    """All that an agent is told."""
    nonce = desk.recording.nonce
    page = (files(__package__) / "prompts" / "agent.md").read_text(encoding="utf-8")
    schema = json.dumps(job.answer.model_json_schema())
    how = page.replace("{root}", WORKDIR).replace("{answer}", answer.FILE).replace("{schema}", schema)
    more = [
        marked(nonce, f"signal {number}", occurrence_text(each), _SIGNAL)
        for number, each in enumerate(job.brief.occurrences[1:_SIGNALS], 2)
    ]
    parts = [instructions(settings.state, job.stage, nonce), how, job.question(nonce), *more, history]
    return "\n\n".join(parts)
