"""Before anything is built: whether the base has it already, or somebody else is at it."""

from __future__ import annotations

from dataclasses import asdict, replace

from sqlmodel import select

from agents.harness import Brief
from agents.models import Change, Question, Report, Status, Verdict
from agents.prior import addressed, answered, asked, keep, place_of, prior_work, undecided
from agents.services import Services
from agents.store.transitions import move


async def prepared(services: Services, brief: Brief) -> tuple[Brief, bool]:
    """The brief to build from, and whether there is nothing to build: it is addressed, or waits for somebody's work.

    A report whose change stands, or was begun in this round, waits for nobody.
    """
    async with services.store.read() as session:
        own = (await session.exec(select(Change).where(Change.report_id == brief.report_id))).first()
        settled, newest = await answered(session, brief.report_id)
    if newest:  # those words are about waiting; they say nothing of the code
        brief = replace(brief, chosen=None, wish="")
    if why := await addressed(brief, brief.reproduction, place_of(brief)):
        await _end(services, brief, why)
        return brief, True
    if own is not None and (own.state == "open" or own.round == brief.round):
        return brief, False
    work = await prior_work(services, brief)
    awaited = undecided(work, settled)
    async with services.store.write() as session:
        await keep(session, brief.report_id, work)
        report = await session.get_one(Report, brief.report_id)
        if report.status is not Status.PROPOSING or report.round != brief.round:
            return brief, True  # a person decided otherwise in the meantime
        if awaited is None:
            return brief, False
        ask = asked(awaited)
        choices = [asdict(choice) for choice in ask.choices]
        session.add(Question(report_id=brief.report_id, round=brief.round, text=ask.text, choices=choices))
        await move(session, report, Status.NEEDS_INPUT, who="loop", why=f"waits for {awaited.short}")
    return brief, True


async def _end(services: Services, brief: Brief, why: str) -> None:
    async with services.store.write() as session:
        report = await session.get_one(Report, brief.report_id)
        if report.status is Status.PROPOSING and report.round == brief.round:
            report.verdict, report.verdict_reason = Verdict.ALREADY_ADDRESSED, why
            await move(session, report, Status.NOT_ACTIONABLE, who="loop", why=why)
