"""Linear systems, least squares and eigenvalues that ``scipy.sparse.linalg`` finds by iterations."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.sparse import linalg

from diffcompile.errors import UnsupportedError

EXACT = 1e-13


def iterated(solver: str, a: Any, b: Any, x0: Any, options: Any) -> Any:
    """Return the solution that a solver finds, and what it says about it; ``options`` are pairs of names and values."""
    return getattr(linalg, solver)(a, b, x0, **dict(options))


def iterated_again(solver: str, a: Any, b: Any, options: Any, transposed: bool = False) -> Any:
    """Return the solution of a system, or of the transposed one, to 13 digits if the solver gets there.

    Raises:
        UnsupportedError: the iterations do not converge.
    """
    if isinstance(a, np.ndarray):
        return np.linalg.solve(a.T if transposed else a, b)
    given = {name: value for name, value in options if name not in ("M", "rtol", "atol", "maxiter")}
    matrix = linalg.aslinearoperator(a)
    x, info = getattr(linalg, solver)(matrix.T if transposed else matrix, np.ravel(b), rtol=EXACT, **given)
    if info != 0:
        x, info = linalg.gmres(matrix.T if transposed else matrix, np.ravel(b), rtol=1e-10)
    if info != 0:
        raise UnsupportedError(f"the system of the derivative of {solver} is not solved by iterations")
    return np.reshape(x, np.shape(b))


def least_by(solver: str, a: Any, b: Any, damp: Any, options: Any) -> Any:
    """Return the solution of least squares that ``lsqr`` or ``lsmr`` finds."""
    return getattr(linalg, solver)(a, b, damp, **dict(options))[0]


def least_rest(solver: str, a: Any, b: Any, damp: Any, options: Any) -> Any:
    """Return what these functions return behind the solution, which has no derivative rule."""
    return getattr(linalg, solver)(a, b, damp, **dict(options))[1:]


def least_again(b: Any, a: Any, damp: Any, transposed: bool = False) -> Any:
    """Return the solution of least squares with a constant matrix, or with its transpose, to 13 digits."""
    matrix = linalg.aslinearoperator(a)
    matrix = matrix.T if transposed else matrix
    most = 20 * max(matrix.shape)
    return linalg.lsqr(matrix, np.ravel(b), damp, atol=EXACT, btol=EXACT, conlim=0.0, iter_lim=most)[0]


def eigsh_of(a: Any, k: int, options: Any) -> Any:
    """Return some eigenvalues and vectors of the symmetric part of a dense matrix."""
    return linalg.eigsh(0.5 * (a + a.T), k, **dict(options))


def _gaps(every: Any, values: Any) -> Any:
    """Return what the derivatives of the vectors are divided by; the inverse is 0 for a value itself."""
    gaps = values[None, :] - every[:, None]
    gaps[np.argmin(np.abs(gaps), axis=0), np.arange(len(values))] = np.inf
    return gaps


def eigsh_adjoint(ct: Any, y: Any, a: Any) -> Any:
    """Return the cotangent of the matrix of :func:`eigsh_of`, which is symmetric."""
    values, chosen = y
    every, vectors = np.linalg.eigh(0.5 * (a + a.T))
    a_bar = (chosen * ct[0] + vectors @ ((vectors.T @ ct[1]) / _gaps(every, values))) @ chosen.T
    return 0.5 * (a_bar + a_bar.T)


def eigsh_tangent(y: Any, a: Any, a_dot: Any) -> Any:
    """Return the tangent of what :func:`eigsh_of` returns."""
    values, chosen = y
    every, vectors = np.linalg.eigh(0.5 * (a + a.T))
    moved = 0.5 * (a_dot + a_dot.T) @ chosen
    return np.sum(chosen * moved, axis=0), vectors @ ((vectors.T @ moved) / _gaps(every, values))
