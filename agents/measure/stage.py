"""The stage: shipped changes whose time has come are judged, once each."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession

from agents.brief import release_commit
from agents.config import MeasureSettings
from agents.measure.rates import rate
from agents.measure.statistics import Ratio, rate_ratio
from agents.models import Change, Contract, Exposure, Json, Outcome, OutcomeVerdict, Report, Signal, Status, now
from agents.services import Services
from agents.store.transitions import move

_EXPECTED = 5.0  # events that should have been seen without any effect, before their absence says something
_STOPPED = 0.05  # of the traffic that was to be expected
_NOT_HELD = (OutcomeVerdict.NO_CHANGE, OutcomeVerdict.WORSE)


@dataclass(frozen=True)
class _Judged:
    verdict: OutcomeVerdict
    reason: str
    before: Json
    after: Json
    ratio: Ratio


async def measure_due(services: Services, as_of: datetime | None = None) -> list[int]:
    """Judge every shipped report that can be judged; returns those with an outcome."""
    async with services.store.read() as session:
        shipped = (await session.exec(select(Report.id).where(Report.status == Status.SHIPPED))).all()
    return [rid for rid in shipped if rid is not None and await measure(services, rid, as_of=as_of) is not None]


async def measure(services: Services, report_id: int, *, as_of: datetime | None = None) -> Outcome | None:
    """Judge one shipped report as of a time; the outcome it has already, when it was judged before.

    Returns None while it is too early to tell.
    """
    async with services.store.read() as session:
        report = await session.get(Report, report_id)
        found = await session.exec(select(Change).where(Change.report_id == report_id, Change.state == "merged"))
        change = found.first()
        contract = await session.get(Contract, report_id)
        if report is None or change is None or report.status not in (Status.SHIPPED, Status.MEASURED):
            return None
        known = (await session.exec(select(Outcome).where(Outcome.change_id == change.id))).first()
        if known is not None or change.merged_at is None:
            return known
        contract = contract or Contract(report_id=report_id, metric="signals of this report", denominator="hours")
        settings = services.settings.measure
        moment = as_of or now()
        live = change.live_at or change.merged_at + timedelta(seconds=settings.soak)
        start = max(change.merged_at - timedelta(seconds=settings.baseline), report.first_seen - timedelta(minutes=1))
        until = min(moment, live + timedelta(seconds=settings.window))
        if until <= live:
            return None
        unit = contract.denominator
        with_it, without = await _releases(services, session, unit, change)
        if with_it:
            live = change.live_at or change.merged_at
            before = await rate(session, report_id, unit, start, moment, without)
            after = await rate(session, report_id, unit, live, until, with_it)
        else:
            before = await rate(session, report_id, unit, start, change.merged_at)
            after = await rate(session, report_id, unit, live, until)
    over = moment >= live + timedelta(seconds=settings.window)
    judged = _judge(before, after, contract, settings, over=over)
    return await _keep(services, report_id, change, judged, moment) if judged is not None else None


async def _releases(services: Services, session: AsyncSession, unit: str, change: Change) -> tuple[set[str], set[str]]:
    """The releases in which the change is, and those in which it is not; empty when releases do not name commits.

    A release tells better than a clock what ran with the change and what did not.
    """
    with_it: set[str] = set()
    without: set[str] = set()
    repository = services.repository
    for release in (await session.exec(select(Exposure.release).where(Exposure.name == unit).distinct())).all():
        sha = await release_commit(repository, [release]) if release else None
        if sha is not None and change.merged_sha and await repository.is_ancestor(change.merged_sha, sha):
            with_it.add(release)
        else:
            without.add(release)
    return with_it, without


def _hours(window: Json) -> float:
    span = datetime.fromisoformat(window["until"]) - datetime.fromisoformat(window["since"])
    return max(1e-9, span.total_seconds() / 3600)


def _judge(before: Json, after: Json, contract: Contract, settings: MeasureSettings, *, over: bool) -> _Judged | None:
    """What the numbers say; None while more time may still tell."""
    none = Ratio(None, 0.0, None)
    unit = contract.denominator
    if before["exposure"] <= 0 or before["events"] == 0:
        seen = f"{before['events']} events, {before['exposure']:g} {unit}"
        reason = f"Before the merge there is nothing to compare with ({seen})."
        return _Judged(OutcomeVerdict.CANNOT_TELL, reason, before, after, none)
    usual = before["exposure"] / _hours(before) * _hours(after)
    if unit != "hours" and after["exposure"] < usual * _STOPPED:
        if not over:
            return None
        reason = f"Traffic stopped: {after['exposure']:g} {unit} where about {usual:.0f} were to be expected."
        return _Judged(OutcomeVerdict.CANNOT_TELL, reason, before, after, none)
    expected = before["events"] / before["exposure"] * after["exposure"]
    found = rate_ratio(before["events"], before["exposure"], after["events"], after["exposure"], settings.alpha)
    earlier = f"{before['events']} per {before['exposure']:g} {unit} before"
    numbers = f"{earlier}, {after['events']} per {after['exposure']:g} after"
    if found.high is not None and found.high < 1.0:
        enough = found.ratio is not None and found.ratio <= contract.min_effect
        if enough:
            return _Judged(OutcomeVerdict.IMPROVED, f"{numbers}.", before, after, found)
        reason = f"{numbers}: less, but not the {contract.min_effect:g} that was declared."
        return _Judged(OutcomeVerdict.NO_CHANGE, reason, before, after, found) if over else None
    if found.low > 1.0:
        return _Judged(OutcomeVerdict.WORSE, f"{numbers}.", before, after, found)
    if expected < _EXPECTED:
        reason = f"{numbers}: only {expected:.1f} would have been expected without the change, too few to tell."
        return _Judged(OutcomeVerdict.CANNOT_TELL, reason, before, after, found) if over else None
    if found.low > contract.min_effect or over:
        return _Judged(OutcomeVerdict.NO_CHANGE, f"{numbers}: no difference can be seen.", before, after, found)
    return None


async def _keep(services: Services, report_id: int, change: Change, judged: _Judged, moment: datetime) -> Outcome:
    """Write the outcome, once, and feed what did not hold back into the loop."""
    assert change.id is not None
    async with services.store.write() as session:
        known = (await session.exec(select(Outcome).where(Outcome.change_id == change.id))).first()
        if known is not None:
            return known
        interval = [judged.ratio.low, *([judged.ratio.high] if judged.ratio.high is not None else [])]
        outcome = Outcome(
            report_id=report_id, change_id=change.id, verdict=judged.verdict, reason=judged.reason,
            before=judged.before, after=judged.after, ratio=judged.ratio.ratio, interval=interval,
            n=judged.after["exposure"], as_of=moment,
        )  # fmt: skip
        session.add(outcome)
        report = await session.get_one(Report, report_id)
        if report.status is Status.SHIPPED:
            why = f"{judged.verdict.value}: {judged.reason}"
            await move(session, report, Status.MEASURED, who="loop", why=why, action="measured")
        if judged.verdict in _NOT_HELD:
            session.add(
                Signal(
                    source="measure", kind="outcome", external_id=f"outcome:{change.id}", at=moment,
                    title=f"The change for “{report.title}” did not hold: {judged.verdict.value}"[:300],
                    body=judged.reason, level="error", entities={"report": report_id, "change": change.id},
                    payload={"text": judged.reason},
                )
            )  # fmt: skip
    return outcome
