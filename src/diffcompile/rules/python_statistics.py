"""The :mod:`statistics` module in terms of sums; sums are exact as there."""

from __future__ import annotations

import math
import statistics
from typing import Any

import numpy as np

from diffcompile.rules.registry import Sample, definition, elementwise, sample

DATA = [0.5, 2.5, -1.25, 3.0]
OTHER = [1.5, 0.75, -2.0, 2.25]
POSITIVE = [0.5, 2.5, 1.25, 3.0]


def _of_data() -> list[Sample]:
    return [sample(DATA), sample((0.5, 2.5, -1.25)), sample(np.array(DATA))]


@definition(statistics.mean, samples=_of_data)
def mean(data: Any) -> Any:
    """Return ``statistics.mean(data)``."""
    items = [float(item) for item in data]
    return math.fsum(items) / len(items)


@definition(statistics.fmean, samples=lambda: [*_of_data(), sample(DATA, POSITIVE)])
def fmean(data: Any, weights: Any = None) -> Any:
    """Return ``statistics.fmean(data, weights)``."""
    items = [float(item) for item in data]
    if weights is None:
        return math.fsum(items) / len(items)
    shares = [float(weight) for weight in weights]
    return math.fsum([items[k] * shares[k] for k in range(len(items))]) / math.fsum(shares)


@definition(statistics.geometric_mean, samples=lambda: [sample(POSITIVE)])
def geometric_mean(data: Any) -> Any:
    """Return ``statistics.geometric_mean(data)``."""
    return math.exp(mean([math.log(item) for item in data]))


@definition(statistics.harmonic_mean, samples=lambda: [sample(POSITIVE), sample(POSITIVE, OTHER[:1] * 4)])
def harmonic_mean(data: Any, weights: Any = None) -> Any:
    """Return ``statistics.harmonic_mean(data, weights)`` of positive numbers."""
    items = [float(item) for item in data]
    if weights is None:
        return len(items) / math.fsum([1.0 / item for item in items])
    shares = [float(weight) for weight in weights]
    return math.fsum(shares) / math.fsum([shares[k] / items[k] for k in range(len(items))])


def squares(data: Any, centre: Any) -> Any:
    """Return the sum of the squares of the deviations."""
    return math.fsum([(item - centre) ** 2 for item in data])


@definition(statistics.pvariance, samples=lambda: [*_of_data(), sample(DATA, 1.0)])
def pvariance(data: Any, mu: Any = None) -> Any:
    """Return ``statistics.pvariance(data, mu)``."""
    items = [float(item) for item in data]
    return squares(items, mean(items) if mu is None else mu) / len(items)


@definition(statistics.variance, samples=lambda: [*_of_data(), sample(DATA, 1.0)])
def variance(data: Any, xbar: Any = None) -> Any:
    """Return ``statistics.variance(data, xbar)``."""
    items = [float(item) for item in data]
    return squares(items, mean(items) if xbar is None else xbar) / (len(items) - 1)


@definition(statistics.pstdev, samples=lambda: [*_of_data(), sample(DATA, 1.0)])
def pstdev(data: Any, mu: Any = None) -> Any:
    """Return ``statistics.pstdev(data, mu)``."""
    return math.sqrt(pvariance(data, mu))


@definition(statistics.stdev, samples=lambda: [*_of_data(), sample(DATA, 1.0)])
def stdev(data: Any, xbar: Any = None) -> Any:
    """Return ``statistics.stdev(data, xbar)``."""
    return math.sqrt(variance(data, xbar))


def ordered(data: Any) -> Any:
    """Return the numbers in order."""
    order = np.argsort([float(item) for item in data], kind="stable")
    return [data[int(k)] for k in order]


@definition(statistics.median, samples=lambda: [*_of_data(), sample(DATA[:3])])
def median(data: Any) -> Any:
    """Return ``statistics.median(data)``."""
    items = ordered(data)
    half = len(items) // 2
    return items[half] if len(items) % 2 == 1 else (items[half - 1] + items[half]) / 2


@definition(statistics.median_low, samples=_of_data)
def median_low(data: Any) -> Any:
    """Return ``statistics.median_low(data)``."""
    return ordered(data)[(len(data) - 1) // 2]


@definition(statistics.median_high, samples=_of_data)
def median_high(data: Any) -> Any:
    """Return ``statistics.median_high(data)``."""
    return ordered(data)[len(data) // 2]


@definition(
    statistics.quantiles,
    samples=lambda: [*_of_data(), sample(DATA, n=3), sample(DATA, n=5, method="inclusive")],
)
def quantiles(data: Any, *, n: Any = 4, method: Any = "exclusive") -> Any:
    """Return ``statistics.quantiles(data, n=n, method=method)``."""
    items = ordered(data)
    cuts = []
    for k in range(1, n):
        if method == "inclusive":
            place = k * (len(items) - 1)
            low = place // n + 1
        else:
            place = k * (len(items) + 1)
            low = min(max(place // n, 1), len(items) - 1)
            place = place - n
        share = place - (low - 1) * n
        cuts.append((items[low - 1] * (n - share) + items[low] * share) / n)
    return cuts


def products(x: Any, y: Any) -> Any:
    """Return the sum of the products of the deviations."""
    x_mean, y_mean = mean(x), mean(y)
    return math.fsum([(x[k] - x_mean) * (y[k] - y_mean) for k in range(len(x))])


@definition(statistics.covariance, samples=lambda: [sample(DATA, OTHER)])
def covariance(x: Any, y: Any) -> Any:
    """Return ``statistics.covariance(x, y)``."""
    return products(x, y) / (len(x) - 1)


@definition(statistics.correlation, samples=lambda: [sample(DATA, OTHER)])
def correlation(x: Any, y: Any) -> Any:
    """Return ``statistics.correlation(x, y)``."""
    return products(x, y) / math.sqrt(products(x, x) * products(y, y))


@definition(statistics.linear_regression, samples=lambda: [sample(DATA, OTHER)])
def linear_regression(x: Any, y: Any) -> Any:
    """Return ``statistics.linear_regression(x, y)``."""
    slope = products(x, y) / products(x, x)
    return statistics.LinearRegression(slope, mean(y) - slope * mean(x))


_inverse: Any = getattr(statistics, "_normal_dist_inv_cdf", None)
if _inverse is not None:  # what NormalDist.inv_cdf and quantiles call: its slope is that of x with cdf(x) == p
    elementwise(
        _inverse,
        lambda x, p, mu, sigma: sigma * math.sqrt(2.0 * math.pi) * math.exp(0.5 * ((x - mu) / sigma) ** 2),
        lambda x, p, mu, sigma: 1.0,
        lambda x, p, mu, sigma: (x - mu) / sigma,
        samples=lambda: [sample(0.3, 0.5, 1.25), sample(0.05, -2.0, 0.5), sample(0.75, 0.0, 2.0)],
    )
