"""Forward rules: the equations of the reverse rules, before they are transposed."""
# Names are SciPy's; branches that the compiler folds are written as branches:
# ruff: noqa: N803

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import linalg

from diffcompile import runtime, runtime_scipy
from diffcompile.rules.registry import linear, tangent

linear(linalg.toeplitz, linalg.hankel, names=("c", "r"))
linear(linalg.circulant, names="c")
linear(linalg.block_diag, names="arrs")
linear(linalg.khatri_rao, names=("a", "b"), separately=True)


def _right_side(a_dot: Any, b_dot: Any, x: Any) -> Any:
    """Return the right side of the equation that the tangent of a solution solves with the same matrix."""
    if a_dot is None:
        return b_dot
    if b_dot is None:
        return -(a_dot @ x)
    return b_dot - a_dot @ x


@tangent(linalg.solve)
def _solve(
    x: Any,
    a: Any,
    b: Any,
    lower: bool = False,
    overwrite_a: bool = False,
    overwrite_b: bool = False,
    check_finite: bool = True,
    assume_a: Any = None,
    transposed: bool = False,
    *,
    a_dot: Any = None,
    b_dot: Any = None,
) -> Any:
    if a_dot is not None and assume_a is not None:
        a_dot = runtime_scipy.completed(a_dot, assume_a, lower)
    if a_dot is not None and transposed:
        a_dot = np.swapaxes(a_dot, -1, -2)
    if np.ndim(a) != 2 or np.ndim(b) > 2:  # noqa: PLR2004 - ranks
        moved = np.zeros_like(x)
        if a_dot is not None:
            moved = moved - runtime_scipy.product(a_dot, x, b)
        if b_dot is not None:
            moved = moved + b_dot
        return runtime_scipy.solve_each(a, moved, b, lower, assume_a, transposed)
    right = _right_side(a_dot, b_dot, x)
    return linalg.solve(a, right, lower=lower, assume_a=assume_a, transposed=transposed)


@tangent(linalg.solve_triangular)
def _solve_triangular(
    x: Any,
    a: Any,
    b: Any,
    trans: Any = 0,
    lower: bool = False,
    unit_diagonal: bool = False,
    overwrite_b: bool = False,
    check_finite: bool = True,
    *,
    a_dot: Any = None,
    b_dot: Any = None,
) -> Any:
    if a_dot is not None:
        a_dot = runtime_scipy.triangle(a_dot, lower, unit_diagonal)
    if a_dot is not None and trans != 0 and trans != "N":  # noqa: PLR1714 - decided when the rule is inlined
        a_dot = runtime_scipy.real_number(a_dot).T
    right = _right_side(a_dot, b_dot, x)
    return linalg.solve_triangular(a, right, trans, lower, unit_diagonal)


@tangent(linalg.inv)
def _inv(
    y: Any,
    a: Any,
    overwrite_a: bool = False,
    check_finite: bool = True,
    *,
    assume_a: Any = None,
    lower: bool = False,
    a_dot: Any = None,
) -> Any:
    if assume_a is not None:
        a_dot = runtime_scipy.completed(a_dot, assume_a, lower)
    return -y @ a_dot @ y


@tangent(linalg.det)
def _det(y: Any, a: Any, overwrite_a: bool = False, check_finite: bool = True, *, a_dot: Any = None) -> Any:
    return np.sum(runtime.cofactors(a, y) * a_dot, axis=(-2, -1))


@tangent(linalg.cholesky)
def _cholesky(
    y: Any,
    a: Any,
    lower: bool = False,
    overwrite_a: bool = False,
    check_finite: bool = True,
    *,
    a_dot: Any = None,
) -> Any:
    return runtime_scipy.cholesky_tangent(y, a_dot, lower)


def _moved(a: Any, a_dot: Any) -> Any:
    """Return ``a`` twice on the diagonal of a matrix, with ``a_dot`` above: see :mod:`.functions`."""
    above = np.concatenate([a, a_dot], -1)
    below = np.concatenate([np.zeros_like(a), a], -1)
    return np.concatenate([above, below], -2)


def _corner(big: Any) -> Any:
    half = np.shape(big)[-1] // 2
    return big[..., :half, half:]


@tangent(linalg.expm)
def _expm(y: Any, A: Any, *, A_dot: Any = None) -> Any:
    return _corner(linalg.expm(_moved(A, A_dot)))


@tangent(linalg.logm)
def _logm(y: Any, A: Any, *, A_dot: Any = None) -> Any:
    return _corner(linalg.logm(_moved(A, A_dot)))


@tangent(linalg.sqrtm)
def _sqrtm(y: Any, A: Any, *, A_dot: Any = None) -> Any:
    return linalg.solve_sylvester(y, y, A_dot)


@tangent(linalg.solve_sylvester)
def _solve_sylvester(
    x: Any, a: Any, b: Any, q: Any, *, a_dot: Any = None, b_dot: Any = None, q_dot: Any = None
) -> Any:
    right = np.zeros_like(x)
    if a_dot is not None:
        right = right - a_dot @ x
    if b_dot is not None:
        right = right - x @ b_dot
    if q_dot is not None:
        right = right + q_dot
    return linalg.solve_sylvester(a, b, right)


@tangent(linalg.solve_continuous_lyapunov)
def _solve_continuous_lyapunov(x: Any, a: Any, q: Any, *, a_dot: Any = None, q_dot: Any = None) -> Any:
    right = np.zeros_like(x)
    if a_dot is not None:
        right = right - a_dot @ x - x @ np.conj(a_dot).T
    if q_dot is not None:
        right = right + q_dot
    return linalg.solve_continuous_lyapunov(a, right)


@tangent(linalg.solve_discrete_lyapunov)
def _solve_discrete_lyapunov(
    x: Any, a: Any, q: Any, method: Any = None, *, a_dot: Any = None, q_dot: Any = None
) -> Any:
    right = np.zeros_like(x)
    if a_dot is not None:
        right = right + a_dot @ x @ np.conj(a).T + a @ x @ np.conj(a_dot).T
    if q_dot is not None:
        right = right + q_dot
    return linalg.solve_discrete_lyapunov(a, right, method)


@tangent(linalg.svd)
def _svd(
    y: Any,
    a: Any,
    full_matrices: bool = True,
    compute_uv: bool = True,
    overwrite_a: bool = False,
    check_finite: bool = True,
    lapack_driver: str = "gesdd",
    *,
    a_dot: Any = None,
) -> Any:
    if compute_uv:
        vectors = runtime.left_vectors_tangent(a_dot, y), runtime.right_vectors_tangent(a_dot, y)
        return vectors[0], runtime.values_tangent(a_dot, y[0], y[2]), vectors[1]
    return runtime.singular_values_tangent(a_dot, a)
