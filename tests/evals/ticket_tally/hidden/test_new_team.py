from deskstats.stats import minutes_by_team


def test_a_new_team_is_counted():
    tickets = [{"team": "returns", "minutes": 7}, {"team": "returns", "minutes": 3}, {"team": "billing", "minutes": 1}]
    assert minutes_by_team(tickets) == {"billing": 1, "product": 0, "shipping": 0, "returns": 10}


def test_known_teams_always_appear():
    assert minutes_by_team([]) == {"billing": 0, "product": 0, "shipping": 0}
