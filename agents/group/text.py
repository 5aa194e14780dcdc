"""How alike two texts are, offline: cosine of stemmed TF-IDF vectors (Salton and Buckley, 1988).

Words are cut to stems by a few suffix rules; rarity is learned from the texts that are compared. Text ranks, it does
not prove: the threshold from which two texts join is high.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from itertools import pairwise

_WORD = re.compile(r"[a-z][a-z0-9_]{2,}")
_STOP = frozenset(
    """
    the and for are was were that this with have has had not but you your our from they them when what which will would
    can could should been its into than then there here also just very any all out get got does did doing
    """.split()  # noqa: SIM905
)
_SUFFIXES = ("ingly", "edly", "ations", "ation", "ings", "ing", "ies", "ied", "ers", "er", "ed", "es", "ly", "s")


def stem(word: str) -> str:
    """A word without its commonest English ending, never shorter than three letters."""
    for suffix in _SUFFIXES:
        if word.endswith(suffix) and len(word) - len(suffix) >= 3:
            return word[: -len(suffix)]
    return word


def terms(text: str) -> Counter[str]:
    """Stems and how often each occurs; pairs of neighbours count too, as they carry more meaning."""
    words = [stem(word) for word in _WORD.findall(text.lower()) if word not in _STOP]
    return Counter(words) + Counter(f"{a} {b}" for a, b in pairwise(words))


class Index:
    """Texts by key, and the nearest of them to a new one."""

    def __init__(self) -> None:
        self._texts: dict[int, Counter[str]] = {}
        self._having: dict[str, set[int]] = {}

    def __len__(self) -> int:
        return len(self._texts)

    def add(self, key: int, text: str) -> None:
        """Add or replace a text."""
        for term in self._texts.get(key, ()):
            self._having[term].discard(key)
        self._texts[key] = terms(text)
        for term in self._texts[key]:
            self._having.setdefault(term, set()).add(key)

    def _rarity(self, term: str) -> float:
        return math.log((2 + len(self._texts)) / (1 + len(self._having.get(term, ())))) + 1.0

    def _norm(self, counts: Counter[str]) -> float:
        return math.sqrt(sum(((1 + math.log(n)) * self._rarity(t)) ** 2 for t, n in counts.items())) or 1.0

    def nearest(self, text: str) -> tuple[int, float] | None:
        """The key of the most alike text and the cosine with it (0 … 1); None when nothing shares a word.

        Of equally alike texts the lowest key wins, so that the result does not hang on the order of a set.
        """
        counts = terms(text)
        scores: Counter[int] = Counter()
        for term, count in counts.items():
            weight = (1 + math.log(count)) * self._rarity(term) ** 2
            for key in self._having.get(term, ()):
                scores[key] += weight * (1 + math.log(self._texts[key][term]))  # type: ignore[assignment]
        if not scores:
            return None
        norm = self._norm(counts)
        best = max(scores, key=lambda key: (scores[key] / self._norm(self._texts[key]), -key))
        return best, min(1.0, scores[best] / (norm * self._norm(self._texts[best])))
