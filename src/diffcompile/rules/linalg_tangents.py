"""Forward rules of norms, solvers, determinants and factorisations; sources as in :mod:`.linalg`."""
# ruff: noqa: N803, PLR2004 - names are NumPy's, ranks are numbers

from __future__ import annotations

from typing import Any

import numpy as np

from diffcompile import runtime
from diffcompile.rules.registry import tangent

# --- norms ---


@tangent(np.linalg.norm)
def _norm(
    y: Any, x: Any, ord: Any = None, axis: Any = None, keepdims: Any = False, *, x_dot: Any = None
) -> Any:
    slope = runtime.norm_adjoint(np.ones_like(y), y, x, ord, axis, keepdims)
    moved = np.sum(x_dot * slope, axis=axis, keepdims=keepdims)
    if np.iscomplexobj(x):
        moved = np.real(moved)
    return moved


@tangent(np.linalg.vector_norm)
def _vector_norm(
    y: Any, x: Any, *, axis: Any = None, keepdims: Any = False, ord: Any = 2, x_dot: Any = None
) -> Any:
    kept = runtime.restore_axes(y, x, axis, keepdims)
    slope = runtime.vector_norm_adjoint(np.ones_like(kept), kept, x, ord, axis)
    moved = np.sum(x_dot * slope, axis=axis, keepdims=keepdims)
    if np.iscomplexobj(x):
        moved = np.real(moved)
    return moved


@tangent(np.linalg.matrix_norm)
def _matrix_norm(y: Any, x: Any, *, keepdims: Any = False, ord: Any = "fro", x_dot: Any = None) -> Any:
    slope = runtime.norm_adjoint(np.ones_like(y), y, x, ord, (-2, -1), keepdims)
    moved = np.sum(x_dot * slope, axis=(-2, -1), keepdims=keepdims)
    if np.iscomplexobj(x):
        moved = np.real(moved)
    return moved


# --- solving ---


@tangent(np.linalg.solve)
def _solve(x: Any, a: Any, b: Any, *, a_dot: Any = None, b_dot: Any = None) -> Any:
    if np.ndim(a) != 2:
        found = runtime.solve_tangent(a_dot, b_dot, x, a, b)
    elif a_dot is None:
        found = np.linalg.solve(a, b_dot)
    elif b_dot is None:
        found = -np.linalg.solve(a, a_dot @ x)
    else:
        found = np.linalg.solve(a, b_dot - a_dot @ x)
    return found


@tangent(np.linalg.inv)
def _inv(y: Any, a: Any, *, a_dot: Any = None) -> Any:
    return -y @ a_dot @ y


@tangent(np.linalg.pinv)
def _pinv(y: Any, a: Any, rcond: Any = None, *, rtol: Any = None, a_dot: Any = None) -> Any:
    return runtime.pinv_tangent(a_dot, y, a)


@tangent(np.linalg.lstsq)
def _lstsq(y: Any, a: Any, b: Any, rcond: Any = None, *, a_dot: Any = None, b_dot: Any = None) -> Any:
    return runtime.lstsq_tangent(a_dot, b_dot, y, a, b, rcond)


@tangent(np.linalg.tensorinv)
def _tensorinv(y: Any, a: Any, ind: int = 2, *, a_dot: Any = None) -> Any:
    return runtime.tensorinv_tangent(a_dot, y, ind)


@tangent(np.linalg.tensorsolve)
def _tensorsolve(y: Any, a: Any, b: Any, *, a_dot: Any = None, b_dot: Any = None) -> Any:
    return runtime.tensorsolve_tangent(a_dot, b_dot, y, a, b)


# --- determinants, powers, chains ---


@tangent(np.linalg.det)
def _det(y: Any, a: Any, *, a_dot: Any = None) -> Any:
    return np.sum(runtime.cofactors(a, y) * a_dot, axis=(-2, -1))


@tangent(runtime.cofactors)
def _cofactors(y: Any, a: Any, det: Any, *, a_dot: Any = None, det_dot: Any = None) -> Any:
    return np.zeros_like(y) if a_dot is None else runtime.cofactors_moved(a_dot, a)


@tangent(np.linalg.slogdet)
def _slogdet(y: Any, a: Any, *, a_dot: Any = None) -> Any:
    return runtime.slogdet_tangent(a_dot, y, a)


@tangent(np.linalg.matrix_power)
def _matrix_power(y: Any, a: Any, n: int, *, a_dot: Any = None) -> Any:
    return runtime.matrix_power_tangent(a_dot, a, n)


@tangent(np.linalg.multi_dot)
def _multi_dot(y: Any, arrays: Any, *, arrays_dot: Any = None) -> Any:
    return runtime.multi_dot_tangent(arrays_dot, arrays)


# --- factorisations ---


@tangent(np.linalg.cholesky)
def _cholesky(y: Any, a: Any, *, upper: bool = False, a_dot: Any = None) -> Any:
    return runtime.cholesky_tangent(a_dot, y, upper)


@tangent(np.linalg.eigh)
def _eigh(y: Any, a: Any, UPLO: str = "L", *, a_dot: Any = None) -> Any:
    inner = runtime.between_vectors(a_dot, y[1], UPLO)
    return runtime.eigenvalues_tangent(inner), runtime.eigenvectors_tangent(inner, y[0], y[1])


@tangent(np.linalg.eigvalsh)
def _eigvalsh(y: Any, a: Any, UPLO: str = "L", *, a_dot: Any = None) -> Any:
    return runtime.eigvalsh_tangent(a_dot, a, UPLO)


@tangent(np.linalg.svd)
def _svd(y: Any, a: Any, full_matrices: bool = True, compute_uv: bool = True, *, a_dot: Any = None) -> Any:
    if compute_uv:
        vectors = runtime.left_vectors_tangent(a_dot, y), runtime.right_vectors_tangent(a_dot, y)
        return vectors[0], runtime.values_tangent(a_dot, y[0], y[2]), vectors[1]
    return runtime.singular_values_tangent(a_dot, a)


@tangent(np.linalg.svdvals)
def _svdvals(y: Any, x: Any, *, x_dot: Any = None) -> Any:
    return runtime.singular_values_tangent(x_dot, x)


@tangent(np.linalg.qr)
def _qr(y: Any, a: Any, mode: str = "reduced", *, a_dot: Any = None) -> Any:
    return runtime.qr_tangent(a_dot, y, a, mode)
