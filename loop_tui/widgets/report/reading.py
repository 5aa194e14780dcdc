"""What a tab shows beyond the report's JSON, read through the inbox."""

from __future__ import annotations

from dataclasses import replace
from itertools import islice

from agents.inbox import Inbox
from loop_tui.widgets.lines import Place
from loop_tui.widgets.report.parts import Json, View, place_of
from loop_tui.widgets.report.stack import places

_PLACES = 12  # places whose code is read
_AROUND = 4  # lines before and after


async def read(inbox: Inbox, report: Json, name: str, view: View) -> View:
    """The view with what a tab needs: code in place, the rate over time, the diff."""
    if name in ("Evidence", "Findings"):
        return replace(view, code=await _code(inbox, report, name))
    if name == "Measure" or (name == "Summary" and report["status"] == "shipped"):
        return replace(view, series=await inbox.series(report["id"]))
    if name == "Change" and report["change"] and report["change"]["head"]:
        return replace(view, diff=await inbox.diff(report["id"]))
    return view


async def _code(inbox: Inbox, report: Json, name: str) -> dict[Place, Json]:
    if name == "Evidence":
        wanted = dict.fromkeys(places(report))
    else:
        causes = [place_of(finding) for finding in report["findings"] if finding["is_cause"]]
        wanted = dict.fromkeys(place for place in causes if place is not None)
    return {
        place: await inbox.source(report["id"], place.path, place.line, _AROUND, at=place.at)
        for place in islice(wanted, _PLACES)
    }
