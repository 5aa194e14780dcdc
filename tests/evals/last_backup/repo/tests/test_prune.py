from backups.prune import prunable
from backups.summary import newest_day, oldest_day

LOG = [
    {"name": "a", "day": 1, "state": "done", "pinned": False},
    {"name": "b", "day": 2, "state": "done", "pinned": True},
    {"name": "c", "day": 3, "state": "done", "pinned": False},
]


def test_prunable():
    assert prunable(LOG) == ["a"]


def test_summary():
    assert oldest_day(LOG) == 1
    assert newest_day([]) == 99999
