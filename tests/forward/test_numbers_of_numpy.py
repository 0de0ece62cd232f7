"""Methods that numbers of NumPy have and those of Python have not: the tangent of one may be the other."""

from __future__ import annotations

import numpy as np
import pytest

from diffcompile import hvp, jvp


def taken_out(x):
    return np.remainder(x, 2.0).item() * x


def converted(x):
    return np.remainder(x, 2.0).astype(float).copy() * x


def indexed(x):
    return np.remainder(x, 2.0)[()] * x


def flat(x):
    return np.fmod(x, 2.0).flatten()[0] * np.remainder(x, 2.0).flat[0]


def complex_item(x):
    return abs((np.remainder(x, 2.0) * (1.0 + 2.0j)).item()) ** 2 + np.remainder(x, 2.0).real


@pytest.mark.parametrize("fun", [taken_out, converted, indexed, flat, complex_item])
def test_tangents(fun):
    x, step = 1.3, 1e-4
    slopes = [(fun(x + k * step) - fun(x - k * step)) / (2.0 * k * step) for k in (1, 2)]
    assert jvp(fun, (x,), (1.0,))[1] == pytest.approx((4.0 * slopes[0] - slopes[1]) / 3.0, rel=1e-9)
    curvature = (fun(x + step) - 2.0 * fun(x) + fun(x - step)) / step**2
    assert hvp(fun)(x, 1.0) == pytest.approx(curvature, rel=1e-5)
