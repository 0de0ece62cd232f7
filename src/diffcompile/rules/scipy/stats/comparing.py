"""Statistics of tests, correlations and lines through points, with the probabilities that belong to them."""

from __future__ import annotations

import math
from collections import namedtuple
from typing import Any

import numpy as np
from scipy import special, stats

from diffcompile.errors import UnsupportedError
from diffcompile.rules.registry import definition, sample
from diffcompile.rules.sampling import normal
from diffcompile.rules.scipy.stats.descriptive import checked

Tested = namedtuple("Tested", ["statistic", "pvalue"])
"""What a test returns, as far as it has a derivative."""
Line = namedtuple("Line", ["slope", "intercept", "rvalue", "pvalue", "stderr"])
ALONE = "this test has a derivative rule for whole samples: leave keepdims=, trim= and method= out"


def _one_line(a: Any, axis: Any) -> Any:
    a = np.asarray(a)
    return np.ravel(a) if axis is None else np.moveaxis(a, axis, 0)


def _t_probability(t: Any, df: Any, alternative: Any) -> Any:
    if alternative == "two-sided":
        return 2.0 * special.stdtr(df, -np.abs(t))
    if alternative not in ("less", "greater"):
        raise ValueError("`alternative` must be 'less', 'greater', or 'two-sided'.")
    return special.stdtr(df, t) if alternative == "less" else special.stdtr(df, -t)


def _tested(t: Any, df: Any, alternative: Any) -> Any:
    return Tested(t[()], _t_probability(t, df, alternative)[()])


@definition(
    stats.ttest_1samp,
    samples=lambda: [sample(normal(6), 0.5), sample(normal(4, 3), 0.5, 1, alternative="less")],
)
def ttest_1samp(
    a: Any, popmean: Any, axis: Any = 0, nan_policy: Any = "propagate", alternative: Any = "two-sided", *,
    keepdims: Any = False,
) -> Any:  # fmt: skip
    """Return ``scipy.stats.ttest_1samp(a, popmean, axis)``, its statistic and probability."""
    checked(nan_policy)
    if keepdims or np.ndim(popmean) > 0:
        raise UnsupportedError(ALONE)
    a = _one_line(a, axis)
    n = np.shape(a)[0]
    t = (np.mean(a, axis=0) - popmean) / np.sqrt(np.var(a, axis=0, ddof=1) / n)
    return _tested(t, n - 1.0, alternative)


@definition(
    stats.ttest_rel,
    samples=lambda: [sample(normal(6), normal(6)), sample(normal(4, 3), normal(4, 3), None, alternative="greater")],
)
def ttest_rel(
    a: Any, b: Any, axis: Any = 0, nan_policy: Any = "propagate", alternative: Any = "two-sided", *,
    keepdims: Any = False,
) -> Any:  # fmt: skip
    """Return ``scipy.stats.ttest_rel(a, b, axis)``, its statistic and probability."""
    return ttest_1samp(np.asarray(a) - np.asarray(b), 0.0, axis, nan_policy, alternative, keepdims=keepdims)


@definition(
    stats.ttest_ind,
    samples=lambda: [
        sample(normal(6), normal(4)),
        sample(normal(6), normal(4), equal_var=False, alternative="less"),
        sample(normal(4, 3), normal(5, 3), axis=0),
    ],
)
def ttest_ind(
    a: Any, b: Any, *, axis: Any = 0, equal_var: Any = True, nan_policy: Any = "propagate",
    alternative: Any = "two-sided", trim: Any = 0, method: Any = None, keepdims: Any = False,
) -> Any:  # fmt: skip
    """Return ``scipy.stats.ttest_ind(a, b, axis=axis, equal_var=equal_var)``, its statistic and probability."""
    checked(nan_policy)
    if keepdims or trim or method is not None:
        raise UnsupportedError(ALONE)
    a, b = _one_line(a, axis), _one_line(b, axis)
    n, m = np.shape(a)[0], np.shape(b)[0]
    first, second = np.var(a, axis=0, ddof=1), np.var(b, axis=0, ddof=1)
    difference = np.mean(a, axis=0) - np.mean(b, axis=0)
    if equal_var:
        df = n + m - 2.0
        t = difference / np.sqrt(((n - 1) * first + (m - 1) * second) / df * (1.0 / n + 1.0 / m))
        return _tested(t, df, alternative)
    first, second = first / n, second / m
    df = (first + second) ** 2 / (first**2 / (n - 1) + second**2 / (m - 1))
    return _tested(difference / np.sqrt(first + second), df, alternative)


@definition(
    stats.f_oneway,
    samples=lambda: [sample(normal(6), normal(4)), sample(normal(4, 2), normal(5, 2), normal(3, 2))],
)
def f_oneway(
    *samples: Any, axis: Any = 0, equal_var: Any = True, nan_policy: Any = "propagate", keepdims: Any = False
) -> Any:
    """Return ``scipy.stats.f_oneway(*samples, axis=axis)``."""
    checked(nan_policy)
    if keepdims or not equal_var:
        raise UnsupportedError(ALONE)
    groups = [_one_line(group, axis) for group in samples]
    everything = np.concatenate(groups)
    centre, n = np.mean(everything, axis=0), np.shape(everything)[0]
    between, within = 0.0, 0.0
    for group in groups:
        mean = np.mean(group, axis=0)
        between = between + np.shape(group)[0] * (mean - centre) ** 2
        within = within + np.sum((group - mean) ** 2, axis=0)
    above, below = len(groups) - 1.0, n - float(len(groups))
    found = (between / above) / (within / below)
    return Tested(found[()], special.fdtrc(above, below, found)[()])


@definition(
    stats.chisquare,
    samples=lambda: [
        sample(np.array([1.5, 2.5, 3.0])),
        sample(np.array([1.5, 2.5, 3.0]), np.array([2.0, 3.0, 2.0])),
        sample(np.array([[1.5, 2.5, 3.0], [1.0, 0.5, 0.75]]), axis=1, ddof=1),
    ],
)
def chisquare(
    f_obs: Any, f_exp: Any = None, ddof: Any = 0, axis: Any = 0, *, sum_check: Any = True,
    nan_policy: Any = "propagate", keepdims: Any = False,
) -> Any:  # fmt: skip
    """Return ``scipy.stats.chisquare(f_obs, f_exp, ddof, axis)``."""
    checked(nan_policy)
    if keepdims:
        raise UnsupportedError(ALONE)
    seen = _one_line(f_obs, axis)
    if f_exp is None:
        expected = np.mean(seen, axis=0)
    else:
        expected = _one_line(f_exp, axis)
        totals = np.sum(seen, axis=0), np.sum(expected + 0.0 * seen, axis=0)
        if sum_check and np.any(np.abs(totals[0] - totals[1]) > 1.5e-8 * np.minimum(totals[0], totals[1])):
            raise ValueError("the sums of the observed and the expected frequencies differ")
    found = np.sum((seen - expected) ** 2 / expected, axis=0)
    return Tested(found[()], special.chdtrc(np.shape(seen)[0] - 1.0 - ddof, found)[()])


def _correlation(x: Any, y: Any) -> Any:
    x, y = x - np.mean(x, axis=0), y - np.mean(y, axis=0)
    return np.sum(x * y, axis=0) / np.sqrt(np.sum(x * x, axis=0) * np.sum(y * y, axis=0))


@definition(
    stats.pearsonr,
    samples=lambda: [
        sample(normal(6), normal(6)),
        sample(normal(6, 2), normal(6, 2), alternative="less"),
        sample(normal(3, 2), normal(3, 2), alternative="greater", axis=None),
    ],
)
def pearsonr(x: Any, y: Any, *, alternative: Any = "two-sided", method: Any = None, axis: Any = 0) -> Any:
    """Return ``scipy.stats.pearsonr(x, y)``, its statistic and probability."""
    x, y = _one_line(x, axis), _one_line(y, axis)
    if method is not None or np.shape(x) != np.shape(y) or np.shape(x)[0] < 3:  # noqa: PLR2004
        raise UnsupportedError("pearsonr has a derivative rule for two samples of one shape, with method=None")
    half, r = 0.5 * np.shape(x)[0] - 1.0, _correlation(x, y)
    if alternative == "two-sided":
        chance = 2.0 * special.betainc(half, half, 0.5 - 0.5 * np.abs(r))
    elif alternative == "less":
        chance = special.betainc(half, half, 0.5 + 0.5 * r)
    else:
        chance = special.betainc(half, half, 0.5 - 0.5 * r)
    return Tested(r[()], chance[()])


class Regression:
    """What ``scipy.stats.linregress`` returns: five numbers in a row, and one that is an attribute alone."""

    def __init__(self, row: Any, intercept_stderr: Any) -> None:
        self.row = row
        self.slope, self.intercept, self.rvalue, self.pvalue, self.stderr = row
        self.intercept_stderr = intercept_stderr

    def __getitem__(self, k: Any) -> Any:
        """Return one of the five numbers."""
        return self.row[k]

    def __len__(self) -> int:
        """Return 5."""
        return 5

    def __iter__(self) -> Any:
        """Go over the five numbers."""
        return iter(self.row)


@definition(stats.linregress)
def linregress(
    x: Any, y: Any, alternative: Any = "two-sided", *, axis: Any = 0, nan_policy: Any = "propagate",
    keepdims: Any = False,
) -> Any:  # fmt: skip
    """Return ``scipy.stats.linregress(x, y)``."""
    checked(nan_policy)
    x, y = np.asarray(x), np.asarray(y)
    n = len(x)
    if np.ndim(x) != 1 or np.ndim(y) != 1 or n < 3 or keepdims:  # noqa: PLR2004
        raise UnsupportedError("linregress has a derivative rule for three points or more, with one axis")
    if n != len(y):
        raise ValueError("all the input array dimensions must match exactly")
    if np.max(x) == np.min(x):
        raise ValueError("Cannot calculate a linear regression if all x values are identical")
    x_mean, y_mean = np.mean(x), np.mean(y)
    spread, height = np.mean((x - x_mean) ** 2), np.mean((y - y_mean) ** 2)
    slope = np.mean((x - x_mean) * (y - y_mean)) / spread
    r = slope * np.sqrt(spread / height) if height > 0.0 else np.float64(math.nan)
    df = n - 2.0
    t = r * np.sqrt(df / ((1.0 - r + 1e-20) * (1.0 + r + 1e-20)))
    error = np.sqrt((1.0 - r**2) * height / spread / df)
    row = Line(slope, y_mean - slope * x_mean, r, _t_probability(t, df, alternative), error)
    return Regression(row, error * np.sqrt(spread + x_mean**2))
