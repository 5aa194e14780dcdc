"""The exact test on the ratio of two Poisson rates.

Given the total count, the count after is binomial with p = r·E₂ / (r·E₂ + E₁) for a rate ratio r: the interval for p
by Clopper and Pearson (1934) gives the interval for r, and is exact (Przyborowski and Wilenski, 1940). It never claims
more confidence than stated, at the price of being a little wide.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Ratio:
    """The rate after over the rate before, with its interval; None where it cannot be told."""

    ratio: float | None
    low: float
    high: float | None  # None: no upper bound


def rate_ratio(
    before: float, exposure_before: float, after: float, exposure_after: float, alpha: float = 0.05
) -> Ratio:
    """The ratio of two rates.

    Args:
        before: events before.
        exposure_before: what they are counted against (requests, hours), over 0.
        after: events after.
        exposure_after: the same after, over 0.
        alpha: 1 − confidence.

    Raises:
        ValueError: an exposure is not over 0, or a count is below 0.
    """
    if exposure_before <= 0 or exposure_after <= 0 or before < 0 or after < 0:
        raise ValueError("exposures must be over 0 and counts at least 0")
    from scipy.stats import beta

    total = before + after
    if total == 0:
        return Ratio(None, 0.0, None)
    low_p = float(beta.ppf(alpha / 2, after, before + 1)) if after > 0 else 0.0
    high_p = float(beta.ppf(1 - alpha / 2, after + 1, before)) if before > 0 else 1.0
    scale = exposure_before / exposure_after
    low = low_p / (1 - low_p) * scale if low_p < 1 else 0.0
    high = high_p / (1 - high_p) * scale if high_p < 1 else None
    ratio = (after / exposure_after) / (before / exposure_before) if before > 0 else None
    return Ratio(ratio, low, high)
