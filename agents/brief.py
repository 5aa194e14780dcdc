"""What a harness is given about a report: the most telling signals, the numbers, and what people said."""

from __future__ import annotations

import re
from collections import Counter
from datetime import timedelta
from pathlib import Path

from sqlmodel import col, func, select
from sqlmodel.ext.asyncio.session import AsyncSession

from agents.frames import Tree, fault
from agents.harness import (
    Brief,
    Choice,
    Comment,
    FindingDraft,
    Numbers,
    Occurrence,
    Reproduction,
    Transcript,
)
from agents.lessons import lessons
from agents.models import Change, Exposure, Finding, Question, Report, ReviewComment, Signal
from agents.repository import Repository
from agents.review.comments import reviews, waiting
from agents.services import Services

_LOOKED_AT = 400  # newest signals from which the most telling are chosen
_KEPT = 20


async def make_brief(
    services: Services, report_id: int, round: int, transcript: Transcript, tree: Path, base_sha: str
) -> Brief:
    """The brief of a report.

    Args:
        services: the project.
        report_id: the report.
        round: the round of work it is for.
        transcript: where the harness tells what it does.
        tree: the exported base commit.
        base_sha: that commit.
    """
    files = Tree(await services.repository.files(base_sha))
    async with services.store.read() as session:
        report = await session.get_one(Report, report_id)
        newest = select(Signal).where(Signal.report_id == report_id).order_by(col(Signal.id).desc()).limit(_LOOKED_AT)
        signals = list((await session.exec(newest)).all())
        numbers = await _numbers(session, report, signals)
        findings = (await session.exec(select(Finding).where(Finding.report_id == report_id))).all()
        guidance, wish, chosen = await _guidance(session, report_id)
        said = await lessons(session, report_id)
        comments = await _comments(session, report_id)
        others = (await session.exec(select(Change).where(Change.report_id != report_id, Change.state == "open"))).all()
    if said:
        await transcript.step("read", "What people noted on this report and on those like it", "\n".join(said))
    occurrences = _telling([occurrence(signal, files) for signal in signals if signal.payload.get("exceptions")])
    return Brief(
        report_id=report_id,
        title=report.title,
        occurrences=occurrences,
        texts=tuple(f"{s.title}\n{s.body}" for s in signals if not s.payload.get("exceptions"))[:_KEPT],
        numbers=numbers,
        repo=services.settings.repo,
        tree=tree,
        base_sha=base_sha,
        release_sha=await release_commit(services.repository, [s.release for s in signals]),
        tests=services.settings.tests.command,
        sandboxes=await services.sandboxes(),
        transcript=transcript,
        budget=services.settings.harness.budget,
        findings=tuple(_draft(finding) for finding in findings),
        reproduction=Reproduction.from_json(report.reproduction),
        guidance=guidance,
        wish=wish,
        lessons=said,
        chosen=chosen,
        round=round,
        comments=comments,
        open_changes=tuple(sorted({file["path"] for change in others for file in change.files})),
    )


def _draft(finding: Finding) -> FindingDraft:
    return FindingDraft(
        text=finding.text, verified=finding.verified, is_cause=finding.is_cause, file=finding.file,
        function=finding.function, line=finding.line, commit=finding.commit, evidence=finding.evidence,
    )  # fmt: skip


def occurrence(signal: Signal, files: Tree) -> Occurrence:
    """A signal with an exception as the harness sees it."""
    exceptions = signal.payload["exceptions"]
    main, frames = fault(exceptions, files)
    came = exceptions[-1]
    return Occurrence(
        signal_id=signal.id or 0,
        at=signal.at,
        exception=str(main.get("type") or "Error"),
        message=str(main.get("value") or ""),
        module=str(main.get("module") or ""),
        frames=frames,
        handled=signal.handled,
        level=signal.level,
        release=signal.release,
        transaction=signal.entities.get("transaction"),
        request=signal.payload.get("request") or {},
        argv=tuple(signal.payload.get("argv") or ()),
        raised_as="" if came is main else f"{came.get('type') or 'Error'}: {came.get('value') or ''}"[:300],
    )


def _telling(found: list[Occurrence]) -> tuple[Occurrence, ...]:
    """Different inputs first: one of each set of variables at the crash, newest first, then the rest."""
    seen: set[str] = set()
    first: list[Occurrence] = []
    rest: list[Occurrence] = []
    for occurrence in found:
        own = [frame for frame in occurrence.frames if frame.path]
        key = repr(sorted(own[-1].vars.items(), key=lambda item: item[0])) if own else ""
        (rest if key in seen else first).append(occurrence)
        seen.add(key)
    return tuple([*first, *rest][:_KEPT])


async def _numbers(session: AsyncSession, report: Report, signals: list[Signal]) -> Numbers:
    names = Counter(str(s.entities["transaction"]) for s in signals if s.entities.get("transaction"))
    wanted = [f"requests:{name}" for name, _ in names.most_common(1)] + ["requests"]
    exposure, exposure_name = 0.0, ""
    for name in wanted:
        total = select(func.sum(Exposure.count)).where(
            Exposure.name == name,
            col(Exposure.bucket) >= report.first_seen - timedelta(minutes=1),
            col(Exposure.bucket) <= report.last_seen + timedelta(minutes=1),
        )
        exposure = float((await session.exec(total)).one() or 0.0)
        if exposure:
            exposure_name = name
            break
    known = [signal for signal in signals if signal.handled is not None]
    return Numbers(
        signals=report.signal_count,
        users=report.user_count,
        first_seen=report.first_seen,
        last_seen=report.last_seen,
        trend=tuple(report.trend),
        handled_share=sum(1 for s in known if s.handled) / len(known) if known else 0.0,
        exposure=exposure,
        exposure_name=exposure_name,
        levels=dict(Counter(signal.level for signal in signals)),
    )


async def _guidance(session: AsyncSession, report_id: int) -> tuple[tuple[str, ...], str, Choice | None]:
    """What people said, oldest first; the newest of it in their words alone; the choice that was picked."""
    asked = select(Question).where(Question.report_id == report_id, col(Question.answered_at).is_not(None))
    said: list[str] = []
    wish, answered_at, chosen = "", None, None
    for question in (await session.exec(asked.order_by(col(Question.id)))).all():
        said.append(f"Asked “{question.text}”, a person answered: {question.answer}")
        wish, answered_at = question.answer or "", question.answered_at
        if question.choice is not None and 0 < question.choice <= len(question.choices):
            picked = question.choices[question.choice - 1]
            chosen = Choice(
                str(picked.get("label", "")), str(picked.get("detail", "")), str(picked.get("example", "")),
                dict(picked.get("payload") or {}),
            )  # fmt: skip
    change = (await session.exec(select(Change).where(Change.report_id == report_id))).first()
    if change is not None:
        by_person = (ReviewComment.change_id == change.id, col(ReviewComment.by_person).is_(True))
        comments = (await session.exec(select(ReviewComment).where(*by_person).order_by(col(ReviewComment.id)))).all()
        said += [_told("asked for changes", comment) for comment in comments if comment.review_id is None]
        for review in await reviews(session, change):
            mine = [comment for comment in comments if comment.review_id == review.id]
            verb = "asked for changes" if review.kind == "request-changes" else "remarked"
            said += [f"A person {verb}: {review.text}"] if review.text else []
            said += [_told(verb, comment) for comment in mine]
            if review.kind == "request-changes" and (answered_at is None or review.at > answered_at):
                wish = "\n".join([review.text, *(comment.text for comment in mine)]).strip()
    return tuple(said), wish, chosen


async def _comments(session: AsyncSession, report_id: int) -> tuple[Comment, ...]:
    change = (await session.exec(select(Change).where(Change.report_id == report_id))).first()
    if change is None:
        return ()
    return tuple(
        Comment(
            id=each.id or 0, text=each.text, path=each.path, line=each.line, start_line=each.start_line,
            side=each.side, quote=each.quote, head_sha=each.head_sha,
        )
        for each in await waiting(session, change)
    )  # fmt: skip


def _told(verb: str, comment: ReviewComment) -> str:
    place = f" at {comment.path}:{comment.line}" if comment.path else ""
    where = f"{place}{' of the base' if comment.side == 'old' else ''}"
    quote = f", where it says “{comment.quote}”" if comment.quote else ""
    return f"A person {verb}{where}{quote}: {comment.text}"


_SHA = re.compile(r"[0-9a-f]{7,40}")


async def release_commit(repository: Repository, releases: list[str | None]) -> str | None:
    """The commit of the commonest release that can be told: a commit id in its name, or a tag like it."""
    for release, _ in Counter(r for r in releases if r).most_common(3):
        version = release.rpartition("@")[2]
        names = [*_SHA.findall(release), f"refs/tags/{version}", f"refs/tags/v{version}", f"refs/tags/{release}"]
        for name in names:
            if (sha := await repository.resolve(name)) is not None:
                return sha
    return None
