"""Statistics of SciPy: distributions with parameters, descriptions of samples, tests, density estimates."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from diffcompile import UnsupportedError, check_grads, grad
from diffcompile.rules import registry

stats = pytest.importorskip("scipy.stats")
registry.load_rules("scipy", "stats")

X = np.array([0.7, 1.3, 0.45, 2.1, 0.95, 1.6])
Y = np.array([0.3, -0.2, 0.85, 1.4, 0.1, -0.7])
PROBABILITIES = np.array([0.2, 0.3, 0.5])
WEIGHTS = np.cos(np.arange(6.0))
OUTSIDE = stats.gamma(1.5, scale=2.0)
DENSITY = stats.gaussian_kde(np.array([0.3, -0.2, 0.9, 1.4]))


def total(result: Any) -> Any:
    """Return a sum in which every number counts differently."""
    result = np.asarray(result)
    return np.sum(np.cos(np.arange(result.size)).reshape(result.shape) * result)


# --- distributions with their parameters ---


def densities(x: Any) -> Any:
    rv = stats.norm(x[0], scale=x[1])
    return total(rv.logpdf(Y)) + rv.pdf(0.25) + rv.cdf(x[2]) + rv.sf(0.5) + rv.ppf(0.3) + rv.logcdf(0.2)


def numbers_of_one(x: Any) -> Any:
    rv = stats.gamma(x[0], loc=0.5, scale=x[1])
    low, high = rv.interval(0.8)
    return rv.mean() + rv.std() * rv.var() + rv.entropy() + rv.median() + low * high


def in_a_list(x: Any) -> Any:
    parts = [stats.norm(x[k], x[k + 3]) for k in range(3)]
    return np.sum(np.log(sum(part.pdf(Y) for part in parts) / 3.0))


def counts(x: Any) -> Any:
    rv = stats.poisson(x[0])
    return np.sum(rv.logpmf(np.arange(4))) + rv.pmf(2) + rv.mean() * stats.binom(7, 0.4 * x[1]).std()


def made_outside(x: Any) -> Any:
    return np.sum(OUTSIDE.logpdf(x)) + np.sum(stats.norm(0.5, 2.0).logpdf(x)) + OUTSIDE.sf(x[0])


def in_space(x: Any) -> Any:
    rv = stats.multivariate_normal(x[:2], np.diag(x[2:4]))
    return rv.logpdf(Y[:2]) + rv.pdf(Y[2:4]) + rv.entropy()


def moments(x: Any) -> Any:
    mean, variance = stats.beta.stats(x[0], x[1], scale=x[2])
    return mean * variance + stats.t.var(4.0 + x[3], 0.0, x[4]) + stats.f.std(3.0, 5.0 + x[5])


@pytest.mark.parametrize(
    "fun", [densities, numbers_of_one, in_a_list, counts, made_outside, in_space, moments], ids=lambda f: f.__name__
)
def test_distributions_with_parameters(fun: Any) -> None:
    check_grads(fun, (X,), order=2)


def test_an_argument_that_was_made_outside() -> None:
    gradient = grad(lambda x, rv: np.sum(rv.logpdf(x)))
    for scale in (1.0, 2.0):
        np.testing.assert_allclose(gradient(X, stats.expon(scale=scale)), -np.ones(6) / scale)
    np.testing.assert_allclose(gradient(X, stats.norm(0.5, 2.0)), (0.5 - X) / 4.0)


def test_parameters_that_are_invalid() -> None:
    with np.errstate(invalid="ignore"):
        assert np.isnan(stats.norm.mean(0.5, -1.0))
        assert grad(lambda s: stats.norm.mean(s, -1.0))(0.5) == 0.0


# --- samples ---


def scores(x: Any) -> Any:
    return total(stats.zscore(x)) + total(stats.zmap(Y, x, ddof=1)) + total(stats.gzscore(x))


def means(x: Any) -> Any:
    return stats.gmean(x) * stats.hmean(x) + stats.pmean(x, 3) + stats.trim_mean(x, 0.2) + stats.gmean(x, weights=Y + 1)


def spreads(x: Any) -> Any:
    a = x.reshape(2, 3)
    shaped = total(stats.skew(a, axis=1)) + stats.kurtosis(x, bias=False) + total(stats.moment(a, [2, 3]))
    return shaped + stats.sem(x) + total(stats.variation(a, axis=None, keepdims=True)) + stats.kstat(x, 3)


def described(x: Any) -> Any:
    found = stats.describe(x)
    return found.mean * found.variance + found.skewness + found.minmax[1] + stats.iqr(x) + stats.tstd(x, (0.5, 2.0))


def on_a_circle(x: Any) -> Any:
    return stats.circmean(x) + stats.circstd(x) * stats.circvar(x)


def information(x: Any) -> Any:
    return stats.entropy(x) + stats.entropy(x, np.exp(Y), base=2)


def compared(x: Any) -> Any:
    t, p = stats.ttest_ind(x, Y, equal_var=False)
    f = stats.f_oneway(x[:3], x[3:], Y)
    return t * p + stats.ttest_1samp(x, 0.5).statistic + stats.ttest_rel(x, Y).pvalue + f.statistic * f.pvalue


def lines(x: Any) -> Any:
    found = stats.linregress(Y, x)
    slope, intercept, r, p, error = stats.linregress(x, Y)
    r_again, _ = stats.pearsonr(x, Y)
    return found.slope * found.intercept_stderr + slope * intercept + r * p + error + r_again + found[4]


def frequencies(x: Any) -> Any:
    return stats.chisquare(x).statistic + stats.median_abs_deviation(x)


def kernels(x: Any) -> Any:
    estimate = stats.gaussian_kde(x, weights=np.exp(Y))
    return total(estimate(Y)) + total(estimate.logpdf(Y)) + total(DENSITY(x)) + total(DENSITY.logpdf(x))


@pytest.mark.parametrize(
    "fun",
    [scores, means, spreads, described, on_a_circle, information, compared, lines, frequencies, kernels],
    ids=lambda f: f.__name__,
)
def test_samples(fun: Any) -> None:
    check_grads(fun, (X,), order=2)


def test_what_is_refused() -> None:
    for fun, message in (
        (lambda x: stats.skew(x, nan_policy="omit"), "nan_policy"),
        (lambda x: stats.ttest_ind(x, Y, trim=0.1).statistic, "trim"),
        (lambda x: stats.norm.stats(x[0], x[1], moments="mvs")[0], "mean and the variance"),
        (lambda x: stats.gaussian_kde(x, bw_method=lambda kde: 0.5)(0.3)[0], "bw_method"),
    ):
        with pytest.raises(UnsupportedError, match=message):
            grad(fun)(X)
