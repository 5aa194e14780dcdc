"""Drafts, reviews and marks: kept at once, sent as one, each person's own."""

from __future__ import annotations

import pytest
from sqlmodel import select

from agents import decide
from agents.brief import _guidance
from agents.harness import Remark
from agents.models import ChangeVersion, Draft, Review, ReviewComment, Severity, Status
from agents.refusal import Refused
from agents.review import drafts, marks
from agents.review.comments import comments
from agents.store import Store, detail
from agents.store.read import Reader
from tests.unit.review.project import LINES, Project

EDITED = LINES.replace("line 9\n", "nine\n")


@pytest.fixture
async def head(project: Project) -> str:
    return await project.propose({"b.txt": EDITED, "new.txt": "one\ntwo\nthree\n"})


def as_json(project: Project) -> dict:
    reader = Reader(project.services.settings.store_url)
    try:
        return detail.report(reader, project.report_id) or {}
    finally:
        reader.close()


async def write(project: Project, line: int = 9, text: str = "Say why.", **named: object) -> int:
    return await drafts.save(project.services, "kim", project.report_id, "b.txt", line, text, **named)


async def brief(project: Project) -> tuple[tuple[str, ...], str]:
    async with project.services.store.read() as session:
        guidance, wish, _ = await _guidance(session, project.report_id)
    return guidance, wish


async def test_a_draft_is_in_the_store_before_the_call_returns(project: Project, head: str) -> None:
    made = await write(project, start_line=8)
    other = await Store.open(
        project.services.store.url
    )  # as another process would see it, this one never having closed
    async with other.read() as session:
        (draft,) = (await session.exec(select(Draft))).all()
    await other.close()
    assert (draft.id, draft.quote, draft.head_sha) == (made, "line 8\nnine", head)


async def test_a_draft_is_written_anew_and_dropped(project: Project, head: str) -> None:
    made = await write(project)
    assert await write(project, 10, "Rather here.", draft_id=made) == made
    (draft,) = await drafts.drafts(project.services, "kim", project.report_id)
    assert (draft["line"], draft["text"], draft["quote"]) == (10, "Rather here.", "line 10")
    assert "b.txt:10" in await drafts.drop(project.services, "kim", made)
    assert await drafts.drafts(project.services, "kim", project.report_id) == []


async def test_drafts_are_ones_own(project: Project, head: str) -> None:
    made = await write(project)
    assert await drafts.drafts(project.services, "robin", project.report_id) == []
    with pytest.raises(Refused, match="no draft"):
        await drafts.drop(project.services, "robin", made)
    with pytest.raises(Refused, match="no draft"):
        await drafts.save(project.services, "robin", project.report_id, "b.txt", 1, "Mine now.", draft_id=made)
    await decide.send_review(project.services, "robin", project.report_id, "comment", "Looks odd.")
    assert len(await drafts.drafts(project.services, "kim", project.report_id)) == 1


@pytest.mark.parametrize(("path", "line"), [("b.txt", 21), ("b.txt", 0), ("gone.txt", 1)])
async def test_a_place_that_is_not_there_is_refused(project: Project, head: str, path: str, line: int) -> None:
    with pytest.raises(Refused, match="There is no"):
        await drafts.save(project.services, "kim", project.report_id, path, line, "Why?")


async def test_a_draft_follows_its_line_to_the_next_head_or_is_outdated(project: Project, head: str) -> None:
    await write(project, 9, "follows")
    await write(project, 15, "outdated")
    await write(project, 9, "on the base", side="old")
    await project.propose({"b.txt": "first\n" + EDITED.replace("line 15\n", "fifteen\n")})
    found = {d["text"]: (d["now_line"], d["outdated"]) for d in
             await drafts.drafts(project.services, "kim", project.report_id)}  # fmt: skip
    assert found == {"follows": (10, False), "outdated": (None, True), "on the base": (9, False)}


async def test_a_review_sends_all_drafts_at_once_and_starts_the_work(project: Project, head: str) -> None:
    await write(project, 9, "Say why.")
    await write(project, 12, "And here.", start_line=11)
    told = await decide.send_review(project.services, "kim", project.report_id, "request-changes", "Not yet.", head)
    assert told == f"Asked for changes on report {project.report_id} with 2 comments; the work starts."
    assert (await project.report()).status is Status.PROPOSING
    assert await drafts.drafts(project.services, "kim", project.report_id) == []
    found = await comments(project.services, project.report_id)
    assert [(c["line"], c["start_line"], c["text"], c["quote"], c["severity"]) for c in found] == [
        (9, None, "Say why.", "nine", "must-fix"),
        (12, 11, "And here.", "line 11\nline 12", "must-fix"),
    ]
    change = as_json(project)["change"]
    (review,) = change["reviews"]
    assert (review["who"], review["kind"], review["text"], review["head"]) == (
        "kim",
        "request-changes",
        "Not yet.",
        head,
    )
    assert [comment["text"] for comment in change["comments"]] == ["Not yet.", "Say why.", "And here."]


async def test_the_next_run_is_told_every_comment_with_its_quote(project: Project, head: str) -> None:
    await write(project, 9, "Use 9: nine is a word.")
    await write(project, 12, "And here.")
    await decide.send_review(project.services, "kim", project.report_id, "request-changes", "Numbers: not words.")
    guidance, wish = await brief(project)
    assert guidance == (
        "A person asked for changes: Numbers: not words.",
        "A person asked for changes at b.txt:9, where it says “nine”: Use 9: nine is a word.",
        "A person asked for changes at b.txt:12, where it says “line 12”: And here.",
    )
    assert wish == "Numbers: not words.\nUse 9: nine is a word.\nAnd here."


async def test_a_short_request_is_the_same_thing(project: Project, head: str) -> None:
    await decide.request_changes(project.services, "kim", project.report_id, "Say why.", "b.txt:8-9")
    (comment,) = await comments(project.services, project.report_id)
    assert (comment["path"], comment["start_line"], comment["line"]) == ("b.txt", 8, 9)
    assert (await project.report()).status is Status.PROPOSING
    with pytest.raises(Refused, match="FILE:LINE"):
        await decide.request_changes(project.services, "kim", project.report_id, "Say why.", "b.txt")


async def test_a_comment_and_an_approval_leave_the_report_where_it_is(project: Project, head: str) -> None:
    await decide.send_review(project.services, "kim", project.report_id, "approve")
    await write(project)
    await decide.send_review(project.services, "kim", project.report_id, "comment")
    assert (await project.report()).status is Status.REVIEW
    assert [review["kind"] for review in as_json(project)["change"]["reviews"]] == ["approve", "comment"]
    assert (await brief(project))[1] == ""


async def test_nothing_to_say_is_refused(project: Project, head: str) -> None:
    for kind in ("comment", "request-changes"):
        with pytest.raises(Refused, match="nothing to send"):
            await decide.send_review(project.services, "kim", project.report_id, kind)
    with pytest.raises(Refused, match="no kind"):
        await decide.send_review(project.services, "kim", project.report_id, "shrug", "Hm.")


async def test_an_approval_names_the_head_it_read(project: Project, head: str) -> None:
    await project.propose({"b.txt": LINES + "more\n"})
    with pytest.raises(Refused, match="moved since you looked"):
        await decide.send_review(project.services, "kim", project.report_id, "approve", head=head)
    await decide.send_review(project.services, "kim", project.report_id, "comment", "On the older one.", head[:8])
    assert as_json(project)["change"]["reviews"][0]["head"] == head


async def test_a_refused_review_keeps_the_drafts(project: Project, head: str) -> None:
    await write(project)
    async with project.services.store.write() as session:
        report = await session.get_one(type(await project.report()), project.report_id)
        report.status = Status.PROPOSING
        session.add(report)
    with pytest.raises(Refused, match="in review"):
        await decide.send_review(project.services, "kim", project.report_id, "request-changes")
    assert len(await drafts.drafts(project.services, "kim", project.report_id)) == 1
    async with project.services.store.read() as session:
        assert (await session.exec(select(Review))).all() == []
        assert (await session.exec(select(ReviewComment))).all() == []


@pytest.mark.parametrize("kind", ["approve", "comment", "request-changes"])
async def test_an_undone_review_is_a_draft_again(project: Project, head: str, kind: str) -> None:
    await write(project)
    await decide.send_review(project.services, "kim", project.report_id, kind)
    await decide.turn(project.services, "kim")
    assert (await project.report()).status is Status.REVIEW
    assert as_json(project)["change"]["reviews"] == []
    assert await comments(project.services, project.report_id) == []
    assert await brief(project) == ((), "")
    (draft,) = await drafts.drafts(project.services, "kim", project.report_id)
    assert (draft["text"], draft["now_line"]) == ("Say why.", 9)
    await decide.turn(project.services, "kim", redo=True)
    assert len(as_json(project)["change"]["reviews"]) == 1
    assert await drafts.drafts(project.services, "kim", project.report_id) == []
    assert len((await brief(project))[0]) == 1


async def test_a_refused_request_leaves_no_draft_behind(project: Project, head: str) -> None:
    await decide.request_changes(project.services, "kim", project.report_id, "Say why.")
    with pytest.raises(Refused, match="in review"):
        await decide.request_changes(project.services, "kim", project.report_id, "And here.", "b.txt:9")
    assert await drafts.drafts(project.services, "kim", project.report_id) == []


async def test_a_mark_lapses_when_the_text_of_the_file_changes(project: Project, head: str) -> None:
    ask = (project.services, "kim", project.report_id)
    await marks.mark_viewed(*ask, "b.txt", True)
    await marks.mark_viewed(*ask, "new.txt", True)
    assert await marks.viewed(*ask) == {"b.txt": True, "new.txt": True}
    await project.propose({"b.txt": EDITED, "new.txt": "other\n", "a.txt": None})
    assert await marks.viewed(*ask) == {"a.txt": False, "b.txt": True, "new.txt": False}
    await marks.mark_viewed(*ask, "a.txt", True)
    await marks.mark_viewed(*ask, "b.txt", False)
    assert await marks.viewed(*ask) == {"a.txt": True, "b.txt": False, "new.txt": False}
    assert await marks.viewed(project.services, "robin", project.report_id) == dict.fromkeys(
        ("a.txt", "b.txt", "new.txt"), False
    )
    with pytest.raises(Refused, match="does not touch"):
        await marks.mark_viewed(*ask, "elsewhere.txt", True)


async def test_the_newest_diff_that_was_read_is_remembered(project: Project, head: str) -> None:
    ask = (project.services, "kim", project.report_id)
    assert await marks.seen(*ask) == {"at": None, "head": "", "files": {}}
    await marks.saw_diff(*ask, head[:10])
    assert (await marks.seen(*ask))["head"] == head
    with pytest.raises(Refused):
        await marks.saw_diff(*ask, "0" * 40)


async def test_an_agents_remark_is_carried_too(project: Project) -> None:
    project.found.remarks.append(Remark(Severity.CONSIDER, "Hm.", "b.txt", 9))
    head = await project.propose({"b.txt": EDITED})
    project.found.remarks.clear()
    await project.propose({"b.txt": "first\n" + EDITED})
    (remark,) = await comments(project.services, project.report_id)
    assert (remark["head"], remark["line"], remark["now_line"], remark["by_person"]) == (head, 9, 10, False)


async def test_a_change_from_before_versions_were_kept_is_read_all_the_same(project: Project, head: str) -> None:
    async with project.services.store.write() as session:
        for version in (await session.exec(select(ChangeVersion))).all():
            await session.delete(version)
    await write(project)
    await project.propose({"b.txt": "first\n" + EDITED})
    (draft,) = await drafts.drafts(project.services, "kim", project.report_id)
    assert draft["now_line"] == 10
