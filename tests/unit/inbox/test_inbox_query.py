"""Sections, the filter line and sorts."""

from __future__ import annotations

from datetime import timedelta

import pytest

from agents.models import Report, Status, now
from agents.services import Services
from agents.store import detail, query
from agents.store.read import Reader


@pytest.fixture
async def reader(services: Services) -> Reader:
    later = now() + timedelta(days=1)
    async with services.store.write() as session:
        session.add_all(
            [
                Report(title="Checkout 100% down", status=Status.REVIEW, priority=1, user_count=30, sources=["sentry"]),
                Report(title="Search slow", status=Status.NEEDS_INPUT, priority=0, user_count=5, sources=["health"]),
                Report(title="Old thing", status=Status.REVIEW, priority=2, snoozed_until=later, sources=["sentry"]),
                Report(title="Noise", status=Status.GATHERING, claimed_by="kim", snooze_condition="users>5"),
            ]
        )
    return Reader(services.settings.store_url)


def found(reader: Reader, **wanted: str) -> list[int]:
    return query.ids(reader, **wanted)  # type: ignore[arg-type]


def test_what_is_snoozed_needs_nobody(reader: Reader) -> None:
    assert found(reader, section="needs_you") == [2, 1]
    assert found(reader, section="snoozed") == [3, 4]


def test_counts_agree_with_the_sections(reader: Reader) -> None:
    for section, count in query.counts(reader).items():
        assert len(found(reader, section=section)) == count


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("p:0-1", [2, 1]),
        ("P:2", [3]),
        ("source:sentry", [1, 3]),
        ("status:needs_input,gathering", [2, 4]),
        ("users:>5", [1]),
        ("users:5", [2]),
        ("mine", [4]),
        ("checkout down", [1]),
        ("100%", [1]),
        ("50%", []),
        ("'; DROP TABLE report; --", []),
    ],
)
def test_the_filter_line(reader: Reader, line: str, expected: list[int]) -> None:
    assert found(reader, section="all", search=line, who="kim") == expected


@pytest.mark.parametrize("line", ["p:7", "users:many", "p:x"])
def test_a_field_that_cannot_be_read_says_how_to_write_it(reader: Reader, line: str) -> None:
    with pytest.raises(query.BadQuery, match="write"):
        found(reader, search=line)


def test_the_stable_json_has_every_key(reader: Reader) -> None:
    (report,) = detail.reports(reader, [1])
    wanted = {
        "id", "title", "status", "priority", "priority_reason", "verdict", "verdict_reason", "signal_count",
        "user_count", "sources", "first_seen", "last_seen", "question", "change", "contract", "outcome", "cost",
        "claimed_by", "snoozed_until",
    }  # fmt: skip
    assert wanted <= set(report)
    assert report["priority"] == "P1"
    whole = detail.report(reader, 1)
    assert whole is not None
    assert {"signals", "findings", "runs", "journal"} <= set(whole)
