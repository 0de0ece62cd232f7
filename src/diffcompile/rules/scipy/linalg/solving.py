"""Solving linear systems.

With ``x = solve(a, b)`` the cotangent of ``b`` solves the transposed system, and that of ``a`` is minus its outer
product with ``x`` (M. B. Giles, Collected matrix derivative results, 2008, 2.3.1), in the entries that are read.
"""
# Ranks are what they are; branches that the compiler folds are written as branches:
# ruff: noqa: PLR2004, SIM108

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import linalg

from diffcompile import runtime, runtime_scipy
from diffcompile.rules.registry import Sample, adjoint, sample
from diffcompile.rules.sampling import complex_normal, normal, positive_definite, well_conditioned


def _solve_samples() -> list[Sample]:
    spread = well_conditioned(3, 3)
    return [
        sample(spread, normal(3)),
        sample(spread, normal(3, 2)),
        sample(spread, normal(3), transposed=True),
        sample(np.triu(spread), normal(3), assume_a="upper triangular"),
        sample(np.tril(spread), normal(3, 2), assume_a="lower triangular"),
        sample(np.diag([1.0, 2.0, 3.0]), normal(3), assume_a="diagonal"),
        sample(positive_definite(3, 3), normal(3), assume_a="pos"),
        sample(positive_definite(3, 3), normal(3, 2), lower=True, assume_a="sym"),
        sample(spread + 0.3j * normal(3, 3), complex_normal(3)),
        sample(np.tril(spread + 0.3j * normal(3, 3)), complex_normal(3), assume_a="lower triangular"),
        sample(well_conditioned(3, 3, dtype=np.float32), normal(3, dtype=np.float32)),
        sample(np.stack([spread, 2.0 * spread.T]), normal(3)),
        sample(spread, normal(2, 3, 2)),
        sample(np.stack([spread, 2.0 * spread.T]), normal(3, 2), transposed=True),
        sample(positive_definite(3, 3) + np.zeros((2, 3, 3)), normal(2, 3, 1), assume_a="pos"),
    ]


@adjoint(linalg.solve, samples=_solve_samples)
def _solve(
    ct: Any,
    x: Any,
    a: Any,
    b: Any,
    lower: bool = False,
    overwrite_a: bool = False,
    overwrite_b: bool = False,
    check_finite: bool = True,
    assume_a: Any = None,
    transposed: bool = False,
) -> Any:
    if np.ndim(a) != 2 or np.ndim(b) > 2:
        a_bar, b_bar = runtime_scipy.solve_stack_adjoint(ct, x, a, b, lower, assume_a, transposed)
        return runtime_scipy.structured(a_bar, assume_a, lower), b_bar
    if assume_a is not None:
        b_bar = runtime_scipy.solve_transposed(a, ct, lower, assume_a, transposed)
    elif transposed:
        b_bar = linalg.solve(a, ct)
    else:
        b_bar = linalg.solve(a.T, ct)
    if transposed:
        a_bar = -runtime_scipy.outer(x, b_bar)
    else:
        a_bar = -runtime_scipy.outer(b_bar, x)
    if assume_a is not None:
        a_bar = runtime_scipy.structured(a_bar, assume_a, lower)
    return a_bar, b_bar


def _triangular_samples() -> list[Sample]:
    a = well_conditioned(3, 3)
    return [
        sample(a, normal(3)),
        sample(a, normal(3, 2), lower=True),
        sample(a, normal(3), trans=1),
        sample(a, normal(3, 2), "T", True),
        sample(a, normal(3), unit_diagonal=True),
        sample(a, normal(3), trans=1, lower=True, unit_diagonal=True),
        sample(well_conditioned(3, 3, dtype=np.float32), normal(3, dtype=np.float32)),
        sample(a + 0.3j * normal(3, 3), complex_normal(3)),
    ]


@adjoint(linalg.solve_triangular, samples=_triangular_samples)
def _solve_triangular(
    ct: Any,
    x: Any,
    a: Any,
    b: Any,
    trans: Any = 0,
    lower: bool = False,
    unit_diagonal: bool = False,
    overwrite_b: bool = False,
    check_finite: bool = True,
) -> Any:
    if np.ndim(a) != 2:
        a = runtime_scipy.matrix(a)
    if trans == 0 or trans == "N":  # noqa: PLR1714 - decided when the rule is inlined
        b_bar = linalg.solve_triangular(a, ct, trans=1, lower=lower, unit_diagonal=unit_diagonal)
        a_bar = -runtime_scipy.outer(b_bar, x)
    else:
        if trans == 2 or trans == "C":  # noqa: PLR1714
            a = runtime_scipy.real_number(a)
        b_bar = linalg.solve_triangular(a, ct, trans=0, lower=lower, unit_diagonal=unit_diagonal)
        a_bar = -runtime_scipy.outer(x, b_bar)
    return runtime_scipy.triangle(a_bar, lower, unit_diagonal), b_bar


def _factors(lower: bool) -> Any:
    return linalg.cho_factor(positive_definite(3, 3), lower=lower)


@adjoint(
    linalg.cho_solve,
    samples=lambda: [sample(_factors(True), normal(3)), sample(_factors(False), normal(3, 2))],
)
def _cho_solve(
    ct: Any, x: Any, c_and_lower: Any, b: Any, overwrite_b: bool = False, check_finite: bool = True
) -> Any:
    b_bar = linalg.cho_solve(c_and_lower, runtime_scipy.real_number(ct))
    return (runtime_scipy.cho_solve_adjoint(b_bar, x, c_and_lower), None), b_bar


@adjoint(
    linalg.lu_solve,
    samples=lambda: [
        sample(linalg.lu_factor(normal(4, 4)), normal(4)),
        sample(linalg.lu_factor(normal(4, 4)), normal(4, 2)),
        sample(linalg.lu_factor(normal(4, 4)), normal(4, 2), 1),
        sample(linalg.lu_factor(complex_normal(3, 3)), complex_normal(3)),
    ],
)
def _lu_solve(
    ct: Any,
    x: Any,
    lu_and_piv: Any,
    b: Any,
    trans: Any = 0,
    overwrite_b: bool = False,
    check_finite: bool = True,
) -> Any:
    if trans == 0:
        b_bar = linalg.lu_solve(lu_and_piv, ct, 1)
    else:
        if trans == 2:
            ct = runtime_scipy.real_number(ct)
        b_bar = linalg.lu_solve(lu_and_piv, ct, 0)
    return (runtime_scipy.lu_solve_adjoint(b_bar, x, lu_and_piv, trans), None), b_bar


def _banded_samples() -> list[Sample]:
    bands = normal(4, 6)
    bands[1] += 5.0
    return [
        sample((2, 1), bands, normal(6)),
        sample((2, 1), bands, normal(6, 2)),
        sample((1, 1), np.array([[9.0, 1.0], [4.0, 5.0], [0.5, 9.0]]), normal(2)),
        sample((0, 1), bands[:2], normal(6)),
    ]


@adjoint(linalg.solve_banded, samples=_banded_samples)
def _solve_banded(
    ct: Any,
    x: Any,
    l_and_u: Any,
    ab: Any,
    b: Any,
    overwrite_ab: bool = False,
    overwrite_b: bool = False,
    check_finite: bool = True,
) -> Any:
    flipped = (l_and_u[1], l_and_u[0])
    b_bar = linalg.solve_banded(flipped, runtime_scipy.transposed_bands(l_and_u, ab), ct)
    return None, runtime_scipy.banded_adjoint(b_bar, x, l_and_u, ab), b_bar


def _hermitian_samples() -> list[Sample]:
    bands = normal(3, 5)
    return [
        sample(bands + np.array([[0.0], [0.0], [6.0]]), normal(5)),
        sample(bands + np.array([[6.0], [0.0], [0.0]]), normal(5, 2), lower=True),
    ]


@adjoint(linalg.solveh_banded, samples=_hermitian_samples)
def _solveh_banded(
    ct: Any,
    x: Any,
    ab: Any,
    b: Any,
    overwrite_ab: bool = False,
    overwrite_b: bool = False,
    lower: bool = False,
    check_finite: bool = True,
) -> Any:
    b_bar = linalg.solveh_banded(ab, ct, lower=lower)
    return runtime_scipy.hermitian_banded_adjoint(b_bar, x, ab, lower), b_bar


@adjoint(
    linalg.solve_toeplitz,
    samples=lambda: [
        sample(np.array([4.0, 1.0, 0.5]), normal(3)),
        sample((np.array([4.0, 1.0, 0.5]), np.array([9.0, -1.0, 0.25])), normal(3, 2)),
    ],
)
def _solve_toeplitz(ct: Any, x: Any, c_or_cr: Any, b: Any, check_finite: bool = True) -> Any:
    bars = runtime_scipy.solve_toeplitz_adjoint(ct, x, c_or_cr)
    return bars[0], bars[1]


@adjoint(
    linalg.lstsq,
    samples=lambda: [
        sample(normal(5, 3), normal(5)),
        sample(normal(5, 3), normal(5, 2)),
        sample(normal(3, 5), normal(3)),
    ],
)
def _lstsq(
    ct: Any,
    result: Any,
    a: Any,
    b: Any,
    cond: Any = None,
    overwrite_a: bool = False,
    overwrite_b: bool = False,
    check_finite: bool = True,
    lapack_driver: Any = None,
) -> Any:
    bars = runtime.lstsq_adjoint(ct, result, a, b, cond)
    return bars[0], bars[1]
