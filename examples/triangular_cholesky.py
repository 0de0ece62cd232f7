"""A triangular solver and a Cholesky factorisation as scalar loops, against their closed-form adjoints.

The two routines are what a textbook prints: nested loops, ``-=`` and ``/=`` on single entries, the matrix
overwritten by its factor. Their compiled gradients are compared with the closed forms of matrix calculus, on
the covariance of a real data set, and put to use in the gradient of a Gaussian log-likelihood.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.datasets import load_breast_cancer

from diffcompile import value_and_grad

Array = np.ndarray[Any, np.dtype[np.float64]]


def cholesky(a: Array) -> None:
    """Overwrite the lower triangle of ``a`` with its Cholesky factor; leave the upper one alone."""
    n = len(a)
    for j in range(n):
        for k in range(j):
            a[j, j] -= a[j, k] * a[j, k]
        a[j, j] = np.sqrt(a[j, j])
        for i in range(j + 1, n):
            for k in range(j):
                a[i, j] -= a[i, k] * a[j, k]
            a[i, j] /= a[j, j]


def solve_lower(factor: Array, x: Array) -> None:
    """Overwrite ``x`` with the solution of ``factor @ x = b``, where ``x`` held ``b``."""
    for i in range(len(x)):
        for j in range(i):
            x[i] -= factor[i, j] * x[j]
        x[i] /= factor[i, i]


def weighed_factor(a: Array, weights: Array) -> float:
    """Return a weighed sum of the entries of the Cholesky factor of ``a``, which is overwritten."""
    cholesky(a)
    total = 0.0
    for i in range(len(a)):
        for j in range(i + 1):
            total += weights[i, j] * a[i, j]
    return total


def weighed_solution(factor: Array, b: Array, weights: Array) -> float:
    """Return a weighed sum of the entries of the solution of ``factor @ x = b``."""
    x = b.copy()
    solve_lower(factor, x)
    return weights @ x


def log_likelihood(covariance: Array, sample: Array) -> float:
    """Return the logarithm of the density of a centred Gaussian, but for a constant."""
    factor = covariance.copy()
    cholesky(factor)
    x = sample.copy()
    solve_lower(factor, x)
    total = 0.0
    for i in range(len(x)):
        total -= np.log(factor[i, i]) + 0.5 * x[i] ** 2
    return total


def closed_form_of_factor(a: Array, weights: Array) -> Array:
    """Return the adjoint of Cholesky's factorisation, in the entries of the lower triangle (Murray 2016)."""
    factor = np.linalg.cholesky(a)
    inner = np.tril(factor.T @ np.tril(weights))
    inner[np.diag_indices(len(a))] *= 0.5
    symmetric = np.linalg.solve(factor.T, np.linalg.solve(factor.T, inner.T).T)
    # an entry below the diagonal stands for its mirror image as well
    return np.tril(symmetric + symmetric.T) - np.diag(np.diag(symmetric))


def closed_form_of_solution(factor: Array, b: Array, weights: Array) -> tuple[Array, Array]:
    """Return the adjoints of ``factor`` and ``b`` in ``x = inverse(factor) @ b``."""
    x = np.linalg.solve(factor, b)
    b_bar = np.linalg.solve(factor.T, weights)
    return -np.tril(np.outer(b_bar, x)), b_bar


def closed_form_of_likelihood(covariance: Array, sample: Array) -> tuple[Array, Array]:
    """Return the gradient of the log-likelihood, in the entries of the lower triangle, and in the sample."""
    inverse = np.linalg.inv(covariance)
    whitened = inverse @ sample
    symmetric = 0.5 * (np.outer(whitened, whitened) - inverse)
    return np.tril(2.0 * symmetric) - np.diag(np.diag(symmetric)), -whitened


def covariance_and_sample(features: int) -> tuple[Array, Array]:
    """Return the covariance of standardised features of the breast cancer data, and one patient."""
    data = load_breast_cancer().data[:, :features]
    data = (data - data.mean(axis=0)) / data.std(axis=0)
    return np.cov(data.T) + 0.1 * np.eye(features), data[0]


def relative_error(found: Array, expected: Array) -> float:
    """Return the largest difference relative to the largest entry expected."""
    return float(np.max(np.abs(found - expected)) / np.max(np.abs(expected)))


@dataclass(frozen=True)
class Result:
    """The relative errors against the closed forms, and whether the matrix given stayed as it was."""

    factor_error: float
    solution_errors: tuple[float, float]
    likelihood_errors: tuple[float, float]
    untouched: bool


def main(features: int = 20) -> Result:
    """Compare the compiled gradients with the closed forms."""
    covariance, sample = covariance_and_sample(features)
    weights = np.random.default_rng(2).normal(size=covariance.shape)
    given = covariance.copy()

    value, found = value_and_grad(weighed_factor)(covariance, weights)
    factor_error = relative_error(found, closed_form_of_factor(covariance, weights))
    print(f"Cholesky, {features}x{features}, as three loops in place: value {value:.6f}")
    print(f"  gradient against the closed form: relative error {factor_error:.1e}")

    factor = np.linalg.cholesky(covariance)
    value, (factor_bar, b_bar) = value_and_grad(weighed_solution, argnums=("factor", "b"))(
        factor, sample, weights[0]
    )
    expected = closed_form_of_solution(factor, sample, weights[0])
    solution_errors = relative_error(factor_bar, expected[0]), relative_error(b_bar, expected[1])
    print(f"triangular solve as two loops in place: value {value:.6f}")
    print("  gradients against the closed forms: relative errors {:.1e} and {:.1e}".format(*solution_errors))

    value, (covariance_bar, sample_bar) = value_and_grad(log_likelihood, argnums=(0, 1))(covariance, sample)
    expected = closed_form_of_likelihood(covariance, sample)
    likelihood_errors = relative_error(covariance_bar, expected[0]), relative_error(sample_bar, expected[1])
    print(f"log-likelihood of a patient under the covariance of all: {value:.6f}")
    print(
        "  gradients against the closed forms: relative errors {:.1e} and {:.1e}".format(*likelihood_errors)
    )

    untouched = bool(np.array_equal(covariance, given))
    print(f"the caller's matrix, overwritten by its factor inside, is untouched: {untouched}")
    return Result(factor_error, solution_errors, likelihood_errors, untouched)


if __name__ == "__main__":
    main()
