"""Papers of travellers."""

from __future__ import annotations


class PapersRefused(Exception):
    """These papers do not let anybody in; the officer is told why."""


class Expired(PapersRefused):
    """They have ended."""


def check(paper: dict, today: int) -> str:
    """The number of papers that hold.

    Raises:
        PapersRefused: they do not.
    """
    if paper["until"] < today:
        raise Expired(f"ended {today - paper['until']} days ago")
    return paper["number"]
