"""A project in which every text that comes from outside is the same words, hostile or plain."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from agents.config import SectionSettings
from agents.inbox import Inbox
from agents.models import (
    Change,
    ChangeVersion,
    Check,
    Contract,
    Draft,
    Finding,
    Intake,
    JournalEntry,
    Link,
    Note,
    Outcome,
    OutcomeVerdict,
    Presence,
    Question,
    Report,
    Review,
    ReviewComment,
    Run,
    Severity,
    Signal,
    SignalState,
    SourceState,
    Status,
    Step,
    Verdict,
)
from loop_tui.pictures.repository import git
from loop_tui.preferences import Preferences
from loop_tui.screenshots import NOW

# Colour, title, clipboard, cursor and device sequences in 7 and 8 bits, a bell, NUL, shifts, line ends, bidi overrides,
# what hides or has no width, what the store puts for a lone surrogate, Rich and Textual markup.
STEER = (
    "\x1b[31m\x1b]0;owned\x07\x1b]52;c;aGk=\x07\x9b2J\x1b[6n\x1bP+q\x1b\\\x1bc\x00\x7f\x0e\x0f\x0b\x0c\x85\u202egnp\u202c"
    "\u2066\r\n\b\t\u200b\u00ad\u3164\ufe0f\ufe0f\ufffd\u2028[bold]x[/] [@click=quit]y[/] [link=x]"
)
WIDE = "漢字 한글 e\u0301\u0301 👨\u200d👩\u200d👧 👍\U0001f3fd 🇫🇷 ⚠\ufe0f 1\ufe0f\u20e3"
COMPLEX = "नमस्ते สวัสดี က် ཧཱུྃ"  # signs without a width of their own, which the tests' own terminal does not know
NASTY = f"MARK {STEER} {WIDE} {COMPLEX} "
PLAIN = "MARK plain words, 漢字 and e\u0301 "
# Columns that take a text of any length.
LONGEST = {
    "report": ("title", "summary", "status_reason", "priority_reason", "verdict_reason", "claimed_by"),
    "change": ("title", "description", "branch"), "check": ("name", "log"), "finding": ("text", "evidence"),
    "step": ("title", "output"), "signal": ("title", "body"), "question": ("text",), "review_comment": ("text",),
    "journal": ("why",), "draft": ("text",), "run": ("error", "progress"),
}  # fmt: skip


def settings(words: str) -> dict[str, Any]:
    """What the inbox is opened with."""
    section = SectionSettings(name=f"S {words[5:25]}", filter="p:0-4")
    return {"who": f"MARK {words[5:40]}", "name": words, "section": [section]}


def preferences(words: str) -> Preferences:
    """Keys a person has set: some mean nothing."""
    return Preferences(notify="off", keys={f"no{words}": "b", "retry": f"{words[5:20]}", "stop": ["B", words]})


def paths(words: str) -> list[bytes]:
    """Names of files as git takes them: any byte but NUL, a slash and a dot alone."""
    usable = words.replace("\x00", "").replace("/", "|").replace("\\", "|")
    name = usable.encode()[:200].decode(errors="ignore").encode()
    return [b"code/" + name + b".py", b"code/MARK\xff\xfe.txt", b"MARK.png"]


def repository(folder: Path, words: str) -> tuple[str, str, str]:
    """Files whose names and lines are the words; base, an older head and the head."""

    shown = words.replace("\x00", "")  # a NUL would make a file binary

    def write(turn: str) -> None:
        text = "".join(f"{turn if number % 4 == 0 else ''}line {number} {shown}\n" for number in range(30))
        for number, path in enumerate(paths(words)):
            target = os.fsencode(folder) + b"/" + path
            os.makedirs(os.path.dirname(target), exist_ok=True)  # noqa: PTH103, PTH120
            data = text.encode() if number < 2 else b"\x89PNG\x00" + turn.encode()
            with open(target, "wb") as file:  # noqa: PTH123
                file.write(data + (b"x" * 1_000_000 + shown.encode() if number == 1 else b""))

    folder.mkdir(parents=True, exist_ok=True)
    git(folder, "init", "-q", "-b", "main")
    (folder / ".gitignore").write_text(".loop/\n")
    shas = []
    for turn in ("", "old ", "new "):
        if turn == "old ":
            git(folder, "checkout", "-q", "-b", "loop/change")
        write(turn)
        git(folder, "add", "-A")
        git(folder, "commit", "-q", "-m", "Words")
        shas.append(git(folder, "rev-parse", "HEAD"))
    git(folder, "checkout", "-q", "main")
    return shas[0], shas[1], shas[2]


async def make(folder: Path, words: str) -> None:
    """Repository and store."""
    shas = repository(folder, words)
    async with await Inbox.open(folder, **settings(words)) as inbox:
        await fill(inbox, words, shas)
        await inbox.note(2, words)
        await inbox.set_priority(2, 2, words)


async def fill(inbox: Inbox, words: str, shas: tuple[str, str, str]) -> None:
    """Reports 1 (ready), 2 (a question) and 3 (measured), the words in every text column of every row."""
    base, old, head = shas
    path = paths(words)[0].decode("utf-8", "replace")
    name = words.replace("\x00", "")  # neither git nor Postgres takes a NUL
    at = NOW - timedelta(hours=1)
    services = await inbox.services()

    def report(status: Status, **more: Any) -> Report:
        return Report(
            title=words, summary=words * 3, status=status, status_reason=words, priority=1, priority_reason=words,
            verdict=Verdict.ACTIONABLE, verdict_reason=words, sources=[words, f"{words}2"], claimed_by=words,
            user_count=3, signal_count=3, first_seen=at, last_seen=at, trend=[0, 1, 2], news_at=at, created_at=at,
            **more,
        )  # fmt: skip

    async with services.store.write() as session:
        session.add_all([report(Status.REVIEW), report(Status.NEEDS_INPUT), report(Status.MEASURED, declined_as="")])
        await session.flush()
        for number in (1, 3):
            session.add(Change(
                report_id=number, title=words, description=words * 2, branch=name, base=name, base_sha=base,
                head_sha=head, state="open" if number == 1 else "merged", url=f"https://{words}", round=2,
                files=[{"path": path, "added": 1, "removed": 1}], created_at=at,
                merged_by=words, merged_at=at, merged_sha=None if number == 1 else head,
                proof={"test": words, "command": words, "red": f"{words}\n" * 30, "green": words, "proved": number == 3,
                       "why_not": words},
                notes={"untested": [[path, 1], [words, 7]], "never_opened": [words], "budget": {"used": 1, "limit": 2},
                       "faults": {"tried": 2, "noticed": 1},
                       "alternatives": [{"harness": words, "title": words, "why_not": words}]},
            ))  # fmt: skip
        await session.flush()
        for stage in ("propose", words):
            status = "failed" if stage == "propose" else "running"
            session.add(Run(report_id=1, stage=stage, harness=words, sandbox=words, status=status, error=words,
                            progress=words, started_at=at, round=0))  # fmt: skip
        await session.flush()
        session.add_all(_rows(words, path, base, old, head, at))


def _rows(words: str, path: str, base: str, old: str, head: str, at: datetime) -> list[Any]:
    frame = {"path": words, "function": words, "line": 8, "in_app": True, "context_line": words,
             "pre_context": [words], "post_context": [words], "vars": {words: words, f"{words}2": [words]}}  # fmt: skip
    payload = {
        "exceptions": [{"type": words, "value": words,
                        "frames": [{**frame, "in_app": False}, {**frame, "path": path, "line": 2}, frame]}],
        "request": {"url": words, "method": words, "query": words, "data": {words: words}, "headers": {words: words}},
        "breadcrumbs": [{"message": words, "category": words, "level": "error", "timestamp": words}] * 12,
        "dropped": [words],
    }  # fmt: skip
    entities = dict.fromkeys(("transaction", "url", "session", "trace", "function", "file", "logger"), words)
    remark = {"change_id": 1, "author": words, "text": words * 2, "head_sha": head, "quote": words, "at": at}
    return [
        *(Check(change_id=1, name=words, status=status, log=f"{words}\n" * 20) for status in ("failed", "skipped")),
        ReviewComment(**remark, severity=Severity.MUST_FIX, path=path, line=1, round=2),
        ReviewComment(**{**remark, "head_sha": old}, severity=Severity.CONSIDER, path=path, line=4, round=1),
        ReviewComment(**remark, severity=Severity.CONSIDER, path=words, line=1),
        ReviewComment(**remark, by_person=True, review_id=1),
        Review(change_id=1, head_sha=old, who=words, kind="comment", text=words, at=at),
        Review(change_id=1, head_sha=head, who=words, kind="approve", text=words, at=at),
        *(ChangeVersion(change_id=1, round=number, base_sha=base, head_sha=sha, at=at)
          for number, sha in enumerate((old, head), 1)),
        Draft(report_id=1, who=f"MARK {words[5:40]}", head_sha=head, path=path, line=2, quote=words, text=words, at=at),
        *(Finding(report_id=number, text=words, is_cause=cause, verified=cause, file=file, function=words, line=2,
                  commit=words, evidence=f"{words}\n" * 12)
          for number in (1, 2, 3) for cause, file in ((True, path), (False, words))),
        *(Signal(source=words, kind=words[:5], external_id=f"{number}", at=at, title=words, body=words * 2,
                 user_key=words, release=words, environment=words, level=words, report_id=1, entities=entities,
                 payload=payload) for number in range(14)),
        Signal(source=words, external_id="held", at=at, title=words, state=SignalState.QUARANTINED, state_reason=words),
        *(Step(run_id=run, kind=kind, title=words, output=f"{words}\n" * 40, ok=False, at=at)
          for run in (1, 2) for kind in (words, "read", "command")),
        *(Contract(report_id=number, metric=words, denominator=f"requests:{words}", baseline={"events": 1, "exposure":
          2}) for number in (1, 3)),
        Outcome(report_id=3, change_id=2, verdict=OutcomeVerdict.WORSE, reason=words, ratio=2.0, interval=[1.0, 3.0],
                before={"events": 1, "exposure": 2, "rate": 1}, after={"events": 1, "exposure": 2, "rate": 2}),
        *(JournalEntry(who=who, action=action, report_id=1, why=words, undo_hint=words, at=at)
          for who, action in ((words, words), (f"MARK {words[5:40]}", "decline"), (f"MARK {words[5:40]}", words))),
        *(Question(report_id=number, text=words * 3, choices=[{"label": words, "detail": words, "example": words}] * 3)
          for number in (2,)),
        Note(report_id=1, who=words, kind="note", text=words, at=at),
        Link(report_id=1, other_id=2, kind="same-cause", why=words, at=at),
        Presence(session="other", who=words, report_id=1, at=datetime.now(UTC)),
        SourceState(name=words, last_error=words, items=1), SourceState(name=f"{words}2", enabled=False),
        Intake(day=f"{NOW:%Y-%m-%d}", source=words, kind="collected", count=3),
    ]  # fmt: skip
