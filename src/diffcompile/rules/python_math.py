"""Rules of the ``math`` module and of builtins: Python floats stay Python floats.

Where a derivative is infinite they raise ``ZeroDivisionError`` as Python's own arithmetic does. The builtins
``sum``, ``min`` and ``max`` are loops to the compiler; operators stand with their ufuncs in
:mod:`.elementwise`.
"""

# ruff: noqa: PLW0108

from __future__ import annotations

import math
import sys
from typing import Any

import numpy as np

from diffcompile import runtime
from diffcompile.rules.operands import floats
from diffcompile.rules.registry import Sample, adjoint, elementwise, sample

ANY = (-2.0, 2.0)
POSITIVE = (0.3, 3.0)
UNIT = (-0.9, 0.9)

# --- one operand ---

elementwise(math.exp, lambda y, x: y, samples=floats(ANY))
elementwise(math.expm1, lambda y, x: y + 1.0, samples=floats(ANY))
elementwise(math.exp2, lambda y, x: y * math.log(2.0), samples=floats(ANY))
elementwise(math.log1p, lambda y, x: 1.0 / (1.0 + x), samples=floats(UNIT))
elementwise(math.log2, lambda y, x: 1.0 / (x * math.log(2.0)), samples=floats(POSITIVE))
elementwise(math.log10, lambda y, x: 1.0 / (x * math.log(10.0)), samples=floats(POSITIVE))
elementwise(math.sqrt, lambda y, x: 0.5 / y, samples=floats(POSITIVE))
elementwise(math.cbrt, lambda y, x: 1.0 / (3.0 * y * y), samples=floats(POSITIVE))
elementwise(math.fabs, lambda y, x: runtime.sign(x), samples=floats(ANY))
elementwise(math.sin, lambda y, x: math.cos(x), samples=floats(ANY))
elementwise(math.cos, lambda y, x: -math.sin(x), samples=floats(ANY))
elementwise(math.tan, lambda y, x: 1.0 + y * y, samples=floats((-1.2, 1.2)))
elementwise(math.asin, lambda y, x: 1.0 / math.sqrt(1.0 - x * x), samples=floats(UNIT))
elementwise(math.acos, lambda y, x: -1.0 / math.sqrt(1.0 - x * x), samples=floats(UNIT))
elementwise(math.atan, lambda y, x: 1.0 / (1.0 + x * x), samples=floats(ANY))
elementwise(math.sinh, lambda y, x: math.cosh(x), samples=floats(ANY))
elementwise(math.cosh, lambda y, x: math.sinh(x), samples=floats(ANY))
elementwise(math.tanh, lambda y, x: 1.0 - y * y, samples=floats(ANY))
elementwise(math.asinh, lambda y, x: 1.0 / math.sqrt(1.0 + x * x), samples=floats(ANY))
elementwise(math.acosh, lambda y, x: 1.0 / math.sqrt(x * x - 1.0), samples=floats((1.3, 3.0)))
elementwise(math.atanh, lambda y, x: 1.0 / (1.0 - x * x), samples=floats(UNIT))
elementwise(math.radians, lambda y, x: math.pi / 180.0, samples=floats((-90.0, 90.0)))
elementwise(math.degrees, lambda y, x: 180.0 / math.pi, samples=floats(ANY))
elementwise(math.erf, lambda y, x: 2.0 / math.sqrt(math.pi) * math.exp(-x * x), samples=floats(ANY))
elementwise(math.erfc, lambda y, x: -2.0 / math.sqrt(math.pi) * math.exp(-x * x), samples=floats(ANY))
elementwise(math.gamma, lambda y, x: y * runtime.digamma(x), samples=lambda: _gamma_samples())
elementwise(math.lgamma, lambda y, x: runtime.digamma(x), samples=lambda: _gamma_samples())
elementwise(runtime.digamma, lambda y, x: runtime.polygamma(1, x), samples=lambda: _gamma_samples())
elementwise(
    runtime.polygamma,
    None,
    lambda y, order, x: runtime.polygamma(order + 1, x),
    samples=lambda: [sample(order, *case.args) for case in _gamma_samples() for order in (1, 2)],
)

# --- two operands and more ---

elementwise(
    math.pow,
    lambda z, x, n: runtime.power_slope(x, n),
    lambda z, x, n: runtime.power_log(z, x),
    samples=floats(POSITIVE, ANY),
)
# pow(x, n, modulus) knows integers only
elementwise(
    pow,
    lambda z, x, n: runtime.power_slope(x, n),
    lambda z, x, n: runtime.power_log(z, x),
    samples=floats(POSITIVE, ANY),
)
elementwise(
    math.atan2,
    lambda z, y, x: x / (x * x + y * y),
    lambda z, y, x: -y / (x * x + y * y),
    samples=floats(ANY, POSITIVE),
)
elementwise(
    math.copysign, lambda z, x, y: math.copysign(runtime.sign(x), x * y), None, samples=floats(ANY, ANY)
)
elementwise(
    math.fmod,
    lambda z, x, y: 1.0,
    lambda z, x, y: -float(math.trunc(x / y)),
    samples=floats((-7.0, 7.0), POSITIVE),
)
elementwise(
    math.remainder,
    lambda z, x, y: 1.0,
    lambda z, x, y: -float(round(x / y)),
    samples=floats((-7.0, 7.0), POSITIVE),
)
elementwise(
    math.ldexp, lambda y, x, i: math.ldexp(1.0, i), None, samples=lambda: [sample(0.75, 3), sample(-1.5, -2)]
)
elementwise(math.nextafter, lambda z, x, y: 1.0, None, samples=floats(ANY, ANY))
if sys.version_info >= (3, 13):
    elementwise(
        math.fma,
        lambda z, x, y, w: y,
        lambda z, x, y, w: x,
        lambda z, x, y, w: 1.0,
        samples=floats(ANY, ANY, ANY),
    )


def _gamma_samples() -> list[Sample]:
    return [sample(x) for x in (0.25, 1.0, 1.5, 4.75, 12.5, -0.4, -2.6)]


@adjoint(math.log, samples=lambda: [sample(0.75), sample(2.5), sample(0.75, 3.0), sample(5.5, 0.5)])
def _log(ct: Any, y: Any, x: Any, base: Any = None) -> Any:
    if base is None:
        x_bar = ct / x
        base_bar = None
    else:
        x_bar = ct / (x * math.log(base))
        base_bar = -ct * y / (base * math.log(base))
    return x_bar, base_bar


@adjoint(
    math.hypot,
    samples=lambda: [sample(0.5, -1.5), sample(1.0, 2.0, -0.5), sample(-2.0), sample(0.5, 1.5, 2.5, 3.5)],
)
def _hypot(ct: Any, y: Any, *coordinates: Any) -> Any:
    return runtime.hypot_adjoint(ct, y, coordinates)


@adjoint(
    math.dist,
    samples=lambda: [
        sample([1.0, 2.0], [0.5, -1.0]),
        sample((1.0, 2.0, 0.25), (0.5, -1.0, 1.5)),
        sample(np.array([1.0, 2.0]), np.array([0.5, -1.0])),
    ],
)
def _dist(ct: Any, y: Any, p: Any, q: Any) -> Any:
    return runtime.dist_adjoint(ct, y, p, q)


@adjoint(math.fsum, samples=lambda: [sample([0.5, 1.5, -2.0]), sample((0.5,)), sample(np.array([0.5, 1.5]))])
def _fsum(ct: Any, y: Any, seq: Any) -> Any:
    return (runtime.as_cotangent([ct] * len(seq), seq),)


@adjoint(
    math.prod,
    samples=lambda: [
        sample([0.5, 1.5, -2.0]),
        sample((0.5, 0.0, 3.0)),
        sample([0.0, 0.0, 3.0]),
        sample(np.array([0.5, 1.5]), start=2.5),
    ],
)
def _prod(ct: Any, y: Any, iterable: Any, *, start: Any = 1) -> Any:
    return runtime.product_adjoint(ct, iterable, start)


if sys.version_info >= (3, 12):

    @adjoint(math.sumprod, samples=lambda: [sample([0.5, 1.5, -2.0], [1.0, 2.0, 3.0])])
    def _sumprod(ct: Any, y: Any, p: Any, q: Any) -> Any:
        return runtime.as_cotangent(ct * np.asarray(q), p), runtime.as_cotangent(ct * np.asarray(p), q)


# --- results that are pairs ---


@adjoint(math.modf, samples=lambda: [sample(2.75), sample(-1.25)])
def _modf(ct: Any, y: Any, x: Any) -> Any:
    return (ct[0],)


@adjoint(math.frexp, samples=lambda: [sample(2.75), sample(-1.25), sample(0.2)])
def _frexp(ct: Any, y: Any, x: Any) -> Any:
    return (math.ldexp(ct[0], -y[1]),)


@adjoint(divmod, samples=lambda: [sample(7.5, 2.0), sample(-7.5, 2.0), sample(7.5, -2.0)])
def _divmod(ct: Any, z: Any, x: Any, y: Any) -> Any:
    return ct[1], -ct[1] * z[0]


# --- conversions ---


@adjoint(float, samples=lambda: [sample(0.5), sample(np.float32(0.5)), sample(np.asarray(1.5))])
def _float(ct: Any, y: Any, x: Any) -> Any:
    return (runtime.as_cotangent(ct, x),)
