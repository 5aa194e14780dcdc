from coldroom.alarm import check
from coldroom.chart import last_point


def test_check():
    assert check({"readings": [{"celsius": 9.0, "ok": True}]}) == "alarm"
    assert check({"readings": [{"celsius": 9.0, "ok": True}, {"celsius": 4.0, "ok": True}]}) == "ok"


def test_chart():
    assert last_point([]) == 0
