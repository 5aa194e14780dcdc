from backups.prune import prunable


def test_without_a_good_backup_nothing_is_deleted():
    log = [{"name": "a", "day": 1, "state": "failed", "pinned": False}, {"name": "b", "day": 2, "state": "failed", "pinned": False}]
    assert prunable(log) == []
    assert prunable([]) == []
