"""Work that exists already for the place a report is about: others' changes, branches of people, later commits.

Nothing of it stops a report in silence: it is a finding and a tie; where it ends the failure, a reason or a question.
"""

from agents.prior.place import place_of
from agents.prior.proving import addressed
from agents.prior.telling import answered, asked, keep, undecided
from agents.prior.waiting import release
from agents.prior.work import Work, prior_work

__all__ = ["Work", "addressed", "answered", "asked", "keep", "place_of", "prior_work", "release", "undecided"]
