"""Calls near a captured one, with which a candidate is held against the old code."""

from __future__ import annotations

from agents.harness.search.trials import probed, probes

TEST = 'from app import total\n\n\ndef test_total():\n    total({"a": 2, "b": "x1"}, [1, 2], flag=True)\n'


def test_each_call_differs_in_one_value() -> None:
    calls = probed(probes(TEST))
    assert "total({'a': 2, 'b': 'x1'}, [1, 2], flag=False)" in calls
    assert "total({'b': 'x1'}, [1, 2], flag=True)" in calls
    assert "total({'a': 2, 'b': 'x1'}, [2], flag=True)" in calls
    assert "total({'a': 3, 'b': 'x1'}, [1, 2], flag=True)" in calls
    assert "total({'a': 2, 'b': 'X1'}, [1, 2], flag=True)" in calls
    assert "total({'a': 2, 'b': 'x1'}, [1, 2], flag=True)" not in calls
    assert len(set(calls)) == len(calls)


def test_what_it_imports_stays() -> None:
    assert probes(TEST).startswith("from app import total")
