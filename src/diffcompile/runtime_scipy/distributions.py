"""The multivariate normal distribution."""

from __future__ import annotations

from typing import Any

import numpy as np

from diffcompile import runtime
from diffcompile.errors import UnsupportedError
from diffcompile.runtime_scipy.matrices import folded


def normal_adjoint(ct: Any, x: Any, mean: Any, cov: Any, allow_singular: Any) -> tuple[Any, Any, Any]:
    """Return the cotangents of points, mean and covariance in ``scipy.stats.multivariate_normal.logpdf``.

    ``x`` has shape ``(..., d)``; ``cov`` is a matrix, of which SciPy reads the lower triangle, the diagonal of one,
    or a number that multiplies the identity.

    Raises:
        UnsupportedError: the covariance is singular, which ``allow_singular`` permits.
    """
    size = max(np.size(mean) if mean is not None else 1, np.shape(cov)[0] if np.ndim(cov) else 1)
    if mean is None and np.ndim(cov) == 0:
        size = np.shape(x)[-1] if np.ndim(x) else 1
    if size == 1 and np.ndim(x) < 2 and not (np.ndim(x) == 1 and np.size(x) == 1):  # noqa: PLR2004 - a rank
        points = np.reshape(x, (-1, 1))
    else:
        points = np.reshape(x, (-1, size))
    matrix = np.asarray(cov, float)
    matrix = matrix * np.eye(size) if matrix.ndim < 2 else matrix  # noqa: PLR2004 - a rank
    matrix = np.tril(matrix) + np.tril(matrix, -1).T
    if allow_singular and np.linalg.matrix_rank(matrix, hermitian=True) < size:
        raise UnsupportedError("multivariate_normal has no derivative rule for a singular covariance")
    weights = np.reshape(ct, (-1, 1))
    centred = points - (0.0 if mean is None else np.reshape(mean, (1, -1)))
    solved = np.linalg.solve(matrix, centred.T).T
    weighted = weights * solved
    x_bar = np.reshape(-weighted, np.shape(x))
    mean_bar = None if mean is None else np.reshape(np.sum(weighted, axis=0), np.shape(mean))
    full = 0.5 * (solved.T @ weighted - np.sum(weights) * np.linalg.inv(matrix))
    if np.ndim(cov) == 2:  # noqa: PLR2004 - a rank
        return x_bar, mean_bar, folded(full, True)
    return x_bar, mean_bar, runtime.unbroadcast(np.diag(full), np.shape(cov))


def weights_of(estimate: Any) -> Any:
    """Return the weights of a density estimate of SciPy's, which it makes when it is asked for them."""
    return estimate.weights
