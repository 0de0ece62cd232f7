"""Rules of polynomials as vectors of coefficients, the highest power first."""

from __future__ import annotations

from typing import Any

import numpy as np

from diffcompile import runtime
from diffcompile.rules.registry import Sample, adjoint, definition, sample, tangent
from diffcompile.rules.sampling import complex_normal, distinct, normal


@adjoint(
    np.polyval,
    samples=lambda: [
        sample(normal(4), normal(5)),
        sample(normal(3), 0.5),
        sample(normal(1), normal(2, 3)),
        sample([0.5, 1.5, -1.0], normal(3)),
        sample(normal(3), np.asarray(0.75)),
        sample(complex_normal(3), complex_normal(2)),
        sample(normal(3, dtype=np.float32), normal(2, dtype=np.float32)),
        sample(normal(3, 2), normal(2)),
        sample(normal(3, 3), normal(4, 1)),
        sample(normal(4, 2), 0.5),
        sample(normal(3, 1), normal(2, 3)),
        sample([normal(2), normal(2), normal(2)], normal(2)),
        sample(complex_normal(3, 2), complex_normal(2)),
    ],
)
def _polyval(ct: Any, y: Any, p: Any, x: Any) -> Any:
    if np.ndim(p) != 1:  # a polynomial for each column
        return runtime.polyval_adjoint(ct, p, x)
    p_bar = runtime.as_cotangent(np.ravel(ct) @ np.vander(np.ravel(x), len(p)), p)
    x_bar = runtime.as_cotangent(ct * np.polyval(np.polyder(p), x), x)
    return p_bar, x_bar


def _led(size: int) -> Any:
    """Return coefficients of which the first is not small."""
    return np.concatenate(([1.5], normal(size - 1)))


def _pairs() -> list[Sample]:
    return [
        sample(normal(4), normal(2)),
        sample(normal(2), normal(4)),
        sample(normal(3), normal(3)),
        sample([0.5, 1.5], normal(3)),
        sample(complex_normal(3), complex_normal(2)),
        sample(normal(3, dtype=np.float32), normal(2, dtype=np.float32)),
    ]


@adjoint(np.polyadd, samples=_pairs)
def _polyadd(ct: Any, y: Any, a1: Any, a2: Any) -> Any:
    return runtime.low_powers(ct, a1), runtime.low_powers(ct, a2)


@adjoint(np.polysub, samples=_pairs)
def _polysub(ct: Any, y: Any, a1: Any, a2: Any) -> Any:
    return runtime.low_powers(ct, a1), runtime.low_powers(-ct, a2)


@adjoint(np.polymul, samples=lambda: [*_pairs(), sample(normal(1), normal(3))])
def _polymul(ct: Any, y: Any, a1: Any, a2: Any) -> Any:
    return runtime.polymul_adjoint(ct, a1, a2), runtime.polymul_adjoint(ct, a2, a1)


@adjoint(
    np.polydiv,
    samples=lambda: [
        sample(normal(5), _led(3)),
        sample(normal(6), _led(2)),
        sample(normal(5), _led(1)),
        sample(normal(2), _led(3)),
        sample(normal(3), _led(3)),
        sample(complex_normal(4), _led(2) + 0.5j),
    ],
)
def _polydiv(ct: Any, result: Any, u: Any, v: Any) -> Any:
    bars = runtime.polydiv_adjoint(ct, result, u, v)
    return bars[0], bars[1]


@adjoint(
    np.polyder,
    samples=lambda: [
        sample(normal(5)),
        sample(normal(5), 2),
        sample(normal(2), m=0),
        sample(normal(2), 3),
        sample([0.5, 1.5, 2.5]),
    ],
)
def _polyder(ct: Any, y: Any, p: Any, m: Any = 1) -> Any:
    return (runtime.polyder_adjoint(ct, p, m),)


@adjoint(
    np.polyint,
    samples=lambda: [
        sample(normal(4)),
        sample(normal(4), 2),
        sample(normal(3), m=0),
        sample(normal(3), 1, 0.5),
        sample(normal(3), 2, 0.5),
        sample(normal(3), 2, normal(2)),
        sample(normal(3), 2, [0.5, 1.5]),
    ],
)
def _polyint(ct: Any, y: Any, p: Any, m: Any = 1, k: Any = None) -> Any:
    bars = runtime.polyint_adjoint(ct, p, m, k)
    return bars[0], None, bars[1]


@adjoint(
    np.poly,
    samples=lambda: [
        sample(normal(4)),
        sample([0.5, 1.5]),
        sample(normal(1)),
        sample(complex_normal(3)),
        sample(np.diag(distinct(3)) + 0.1 * normal(3, 3)),
    ],
)
def _poly(ct: Any, y: Any, seq_of_zeros: Any) -> Any:
    return (runtime.poly_adjoint(ct, seq_of_zeros),)


@adjoint(
    np.roots,
    samples=lambda: [
        sample(np.array([1.0, -6.0, 3.0, 10.0])),
        sample(np.array([1.5, -0.5, 2.0, 3.0])),
        sample([1.0, -3.0, 2.0]),
        sample(np.array([1.0, -3.0, 2.0, 0.0])),
    ],
)
def _roots(ct: Any, y: Any, p: Any) -> Any:
    slopes = np.polyval(np.polyder(p), y)
    return (runtime.as_cotangent(-(ct / slopes) @ np.vander(y, len(p)), p),)


@adjoint(
    np.polyfit,
    samples=lambda: [
        sample(distinct(6), normal(6), 2),
        sample(np.arange(6.0), normal(6), 1),
        sample(distinct(6), normal(6, 2), deg=1),
        sample(distinct(6), normal(6), 2, w=np.array([1.0, 2.0, 0.5, 1.0, 1.5, 1.0])),
        sample(distinct(3), normal(3), 0),
    ],
)
def _polyfit(ct: Any, c: Any, x: Any, y: Any, deg: Any, rcond: Any = None, *, w: Any = None) -> Any:
    bars = runtime.polyfit_adjoint(ct, c, x, y, deg, w)
    return bars[0], bars[1], None, None, bars[2]


@definition(
    np.polyfit,
    form=("full", "cov"),
    samples=lambda: [
        sample(distinct(6), normal(6), 2, cov=True),
        sample(distinct(6), normal(6, 2), 1, cov=True),
        sample(distinct(6), normal(6), 1, None, False, np.array([1.0, 2.0, 0.5, 1.0, 1.5, 1.0]), "unscaled"),
        sample(distinct(6), normal(6), 1, full=True),
    ],
)
def _polyfit_with_more(
    x: Any, y: Any, deg: Any, rcond: Any = None, full: Any = False, w: Any = None, cov: Any = False
) -> Any:
    """Return the coefficients with their covariances, or with the residuals and what else ``lstsq`` returns."""
    c = np.polyfit(x, y, deg, rcond, w=w)
    if not full and not cov:
        return c
    powers, values = np.vander(np.asarray(x) + 0.0, deg + 1), np.asarray(y) + 0.0
    if w is not None:
        powers = powers * np.asarray(w)[:, None]
        values = (values.T * w).T
    scale = np.sqrt(np.sum(powers * powers, axis=0))
    scaled = powers / scale
    least = len(values) * np.finfo(scaled.dtype).eps if rcond is None else rcond
    _, residuals, rank, singular = np.linalg.lstsq(scaled, values, least)
    if full:
        return c, residuals, rank, singular, least
    covariance = np.linalg.inv(scaled.T @ scaled) / np.outer(scale, scale)
    if isinstance(cov, str) and cov == "unscaled":
        factor: Any = 1
    else:
        if len(values) <= deg + 1:
            raise ValueError("the number of data points must exceed order to scale the covariance matrix")
        factor = residuals / (len(values) - (deg + 1))
    if np.ndim(values) == 1:
        return c, covariance * factor
    return c, covariance[:, :, None] * factor


@adjoint(
    np.vander,
    samples=lambda: [
        sample(normal(4)),
        sample(normal(4), 3),
        sample(normal(3), 5, increasing=True),
        sample(normal(3), N=1),
        sample(complex_normal(3)),
        sample(normal(3, dtype=np.float32)),
    ],
)
def _vander(ct: Any, y: Any, x: Any, N: Any = None, increasing: bool = False) -> Any:  # noqa: N803
    last = np.shape(y)[1] - 1
    if increasing:
        x_bar = np.sum(ct[:, 1:] * np.arange(1, last + 1) * y[:, :-1], axis=1)
    else:
        x_bar = np.sum(ct[:, :-1] * np.arange(last, 0, -1) * y[:, 1:], axis=1)
    return (runtime.as_cotangent(x_bar, x),)


@tangent(np.polymul)
def _polymul_tangent(y: Any, a1: Any, a2: Any, *, a1_dot: Any = None, a2_dot: Any = None) -> Any:
    moved: Any = 0.0
    if a1_dot is not None:
        moved = runtime.polymul_tangent(a1_dot, a1, a2)
    if a2_dot is not None:
        moved = moved + runtime.polymul_tangent(a2_dot, a2, a1)
    return moved


# --- series, as the classes of np.polynomial make them ---


@definition(
    np.polynomial.polyutils.as_series,
    samples=lambda: [
        sample([np.array([0.5, 1.5, 0.0])]),
        sample([np.array([0.5, 1.5, 0.0, 0.0]), [1, 2, 0, 0]]),
        sample([np.array([0.5, 1.5, 0.0]), [2.5, 1.0, 0.0]], trim=False),
        sample([np.array([0.0, 0.0])]),
    ],
)
def as_series(alist: Any, trim: Any = True) -> Any:
    """Return ``np.polynomial.polyutils.as_series(alist, trim)``: how many zeros end a series is a constant."""
    arrays = []
    for series in alist:
        array = np.atleast_1d(np.asarray(series)) + 0.0
        if np.ndim(array) != 1 or np.size(array) == 0:
            raise ValueError("Coefficient array is not 1-d, or empty")
        if trim:
            count = len(array)
            while count > 1 and array[count - 1] == 0.0:
                count -= 1
            array = array[:count]
        arrays.append(array)
    return arrays
