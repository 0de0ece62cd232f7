"""Splines and piecewise polynomials, read at a point that moves."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import interpolate

from diffcompile import runtime_scipy
from diffcompile.rules.registry import Sample, adjoint, sample, tangent

X = np.array([0.0, 0.5, 1.5, 2.0, 3.5])
Y = np.array([0.5, -1.0, 2.0, 1.5, 0.25])
AT = np.array([0.25, 1.75, 3.0])


def _samples(make: Any) -> list[Sample]:
    spline = make(X, Y)
    several = make(X, np.stack([Y, Y * Y], axis=1))
    return [
        sample(spline, AT),
        sample(spline, 1.25),
        sample(spline, AT, 1),
        sample(several, AT),
        sample(spline, np.array([[-0.5, 4.0]])),
    ]


@adjoint(
    interpolate.PPoly.__call__,
    samples=lambda: [*_samples(interpolate.CubicSpline), *_samples(interpolate.PchipInterpolator)],
)
def _piecewise(ct: Any, y: Any, self: Any, x: Any, nu: int = 0, extrapolate: Any = None) -> Any:
    return None, runtime_scipy.spline_adjoint(ct, self, x, nu, extrapolate)


@adjoint(interpolate.BSpline.__call__, samples=lambda: _samples(interpolate.make_interp_spline))
def _spline(ct: Any, y: Any, self: Any, x: Any, nu: int = 0, extrapolate: Any = None) -> Any:
    return None, runtime_scipy.spline_adjoint(ct, self, x, nu, extrapolate)


@adjoint(
    interpolate.splev,
    samples=lambda: [
        sample(AT, interpolate.splrep(X, Y)),
        sample(AT, interpolate.splrep(X, Y), 1),
        sample(np.array([-0.5, 1.25, 4.0]), interpolate.splrep(X, Y), ext=3),
    ],
)
def _splev(ct: Any, y: Any, x: Any, tck: Any, der: int = 0, ext: int = 0) -> Any:
    return (runtime_scipy.splev_adjoint(ct, x, tck, der, ext),)


@tangent(interpolate.PPoly.__call__)
@tangent(interpolate.BSpline.__call__)
def _spline_tangent(y: Any, self: Any, x: Any, nu: int = 0, extrapolate: Any = None, *, x_dot: Any = None) -> Any:
    slope = runtime_scipy.spline_slope(self, x, nu, extrapolate)
    return slope * np.reshape(x_dot, np.shape(x) + (1,) * (np.ndim(y) - np.ndim(x)))
