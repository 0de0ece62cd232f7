"""Kernel density estimates, and the multivariate normal distribution with its parameters."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from scipy import special, stats

from diffcompile import runtime_scipy
from diffcompile.errors import UnsupportedError
from diffcompile.rules.registry import definition


def _logarithm(points: Any, dataset: Any, weights: Any, covariance: Any) -> Any:
    """Return the logarithm of the density at each of the points, a column each."""
    points = np.atleast_2d(points)
    d = np.shape(dataset)[0]
    if np.shape(points)[0] != d:
        if np.shape(points)[0] != 1 or np.shape(points)[1] != d:
            raise ValueError("points have another dimension than the dataset")
        points = np.reshape(points, (d, 1))
    factor = np.linalg.cholesky(covariance)
    apart = np.expand_dims(points, 2) - np.expand_dims(dataset, 1)
    count = np.shape(points)[1], np.shape(dataset)[1]
    white = np.linalg.solve(factor, np.reshape(apart, (d, count[0] * count[1])))
    energy = -0.5 * np.reshape(np.sum(white * white, axis=0), count) + np.log(weights)
    total = special.logsumexp(energy, axis=1)
    return total - 0.5 * d * math.log(2.0 * math.pi) - np.sum(np.log(np.diagonal(factor)))


class Kernels:
    """What ``scipy.stats.gaussian_kde(dataset)`` returns. The compiler reads these methods, not SciPy's."""

    def __init__(self, dataset: Any, bw_method: Any, weights: Any) -> None:
        self.dataset = np.atleast_2d(dataset)
        self.d, self.n = np.shape(self.dataset)
        if weights is None:
            self.weights = np.ones(self.n) / self.n
        else:
            self.weights = np.asarray(weights) / np.sum(np.asarray(weights))
        self.neff = 1.0 / np.sum(self.weights**2)
        if bw_method is None or bw_method == "scott":
            self.factor = self.neff ** (-1.0 / (self.d + 4))
        elif bw_method == "silverman":
            self.factor = (self.neff * (self.d + 2.0) / 4.0) ** (-1.0 / (self.d + 4))
        elif np.ndim(bw_method) == 0 and not callable(bw_method):
            self.factor = bw_method
        else:
            raise UnsupportedError("gaussian_kde has a derivative rule where bw_method= is a number or a name")
        apart = self.dataset - np.expand_dims(self.dataset @ self.weights, 1)
        self.covariance = (apart * self.weights) @ apart.T / (1.0 - np.sum(self.weights**2)) * self.factor**2

    def logpdf(self, x: Any) -> Any:
        """Return the logarithm of the density at each point."""
        return _logarithm(x, self.dataset, self.weights, self.covariance)

    def evaluate(self, points: Any) -> Any:
        """Return the density at each point."""
        return np.exp(_logarithm(points, self.dataset, self.weights, self.covariance))

    def pdf(self, x: Any) -> Any:
        """Return the density at each point."""
        return self.evaluate(x)

    def __call__(self, points: Any) -> Any:
        """Return the density at each point."""
        return self.evaluate(points)


@definition(stats.gaussian_kde, always=True)
def _kernels(dataset: Any, bw_method: Any = None, weights: Any = None) -> Any:
    return Kernels(dataset, bw_method, weights)


def _of_given(self: Any, points: Any) -> Any:
    weights = np.ravel(np.array(runtime_scipy.weights_of(self), float))
    return _logarithm(points, self.dataset, weights, self.covariance)


@definition(stats.gaussian_kde.logpdf)
def _given_logarithm(self: Any, x: Any) -> Any:
    return _of_given(self, x)


@definition(stats.gaussian_kde.evaluate)
def _given_density(self: Any, points: Any) -> Any:
    return np.exp(_of_given(self, points))


class FrozenNormal:
    """What ``scipy.stats.multivariate_normal(mean, cov)`` returns."""

    def __init__(self, mean: Any, cov: Any, allow_singular: Any) -> None:
        self.mean = mean
        self.cov = cov
        self.allow_singular = allow_singular

    def logpdf(self, x: Any) -> Any:
        """Return the logarithm of the density."""
        return stats.multivariate_normal.logpdf(x, self.mean, self.cov, self.allow_singular)

    def pdf(self, x: Any) -> Any:
        """Return the density."""
        return stats.multivariate_normal.pdf(x, self.mean, self.cov, self.allow_singular)

    def entropy(self) -> Any:
        """Return the differential entropy."""
        return stats.multivariate_normal.entropy(self.mean, self.cov)


@definition(stats.multivariate_normal, always=True)
def _normal(mean: Any = None, cov: Any = 1, allow_singular: Any = False, seed: Any = None) -> Any:
    return FrozenNormal(mean, cov, allow_singular)


@definition(stats.multivariate_normal.entropy)
def _entropy(mean: Any = None, cov: Any = 1) -> Any:
    cov = np.asarray(cov)
    if np.ndim(cov) != 2:  # noqa: PLR2004
        raise UnsupportedError("the entropy of a multivariate normal distribution has a rule for whole covariances")
    _, logarithm = np.linalg.slogdet(0.5 * (cov + cov.T))
    return 0.5 * (np.shape(cov)[0] * math.log(2.0 * math.pi * math.e) + logarithm)
