"""Partial derivatives of elementwise functions.

Each is written with the result where that is cheaper than the operands. Operators are registered with their
ufuncs, so what they share is written in operators. A helper of ``runtime`` stands in a lambda, and is not
handed over bare, because a rule is inlined and a helper is called.
"""

# ruff: noqa: PLW0108 - see the last sentence

from __future__ import annotations

import math
import operator
from typing import Any

import numpy as np

from diffcompile import runtime
from diffcompile.rules.operands import arrays
from diffcompile.rules.registry import Sample, adjoint, elementwise, sample, views

ANY = (-2.0, 2.0)
POSITIVE = (0.3, 3.0)
UNIT = (-0.9, 0.9)

# --- arithmetic ---

for add in (np.add, operator.add):
    elementwise(add, lambda z, x, y: 1.0, lambda z, x, y: 1.0, samples=arrays(ANY, ANY))
for subtract in (np.subtract, operator.sub):
    elementwise(subtract, lambda z, x, y: 1.0, lambda z, x, y: -1.0, samples=arrays(ANY, ANY))
for multiply in (np.multiply, operator.mul):
    elementwise(multiply, lambda z, x, y: y, lambda z, x, y: x, samples=arrays(ANY, ANY))
for divide in (np.divide, operator.truediv):
    elementwise(divide, lambda z, x, y: 1.0 / y, lambda z, x, y: -z / y, samples=arrays(ANY, POSITIVE))
for power in (np.power, np.float_power, operator.pow):
    elementwise(
        power,
        lambda z, x, n: runtime.power_slope(x, n),
        lambda z, x, n: runtime.power_log(z, x),
        samples=arrays(POSITIVE, ANY),
    )
for remainder in (np.remainder, operator.mod):
    elementwise(
        remainder, lambda z, x, y: 1.0, lambda z, x, y: -(x // y), samples=arrays((-7.0, 7.0), POSITIVE)
    )
elementwise(
    np.fmod, lambda z, x, y: 1.0, lambda z, x, y: -np.trunc(x / y), samples=arrays((-7.0, 7.0), POSITIVE)
)
for negative in (np.negative, operator.neg):
    elementwise(negative, lambda y, x: -1.0, samples=arrays(ANY))
for positive in (np.positive, operator.pos):
    elementwise(positive, lambda y, x: 1.0, samples=arrays(ANY))
for absolute in (np.absolute, operator.abs, abs):
    elementwise(absolute, lambda y, x: runtime.sign(x), samples=arrays(ANY))
elementwise(np.fabs, lambda y, x: np.sign(x), samples=arrays(ANY))
elementwise(np.square, lambda y, x: 2.0 * x, samples=arrays(ANY))
elementwise(np.reciprocal, lambda y, x: -y * y, samples=arrays(POSITIVE))

# --- roots, exponentials and logarithms ---

elementwise(np.sqrt, lambda y, x: 0.5 / y, samples=arrays(POSITIVE))
elementwise(np.cbrt, lambda y, x: 1.0 / (3.0 * y * y), samples=arrays(POSITIVE))
elementwise(np.exp, lambda y, x: y, samples=arrays(ANY))
elementwise(np.expm1, lambda y, x: y + 1.0, samples=arrays(ANY))
elementwise(np.exp2, lambda y, x: y * math.log(2.0), samples=arrays(ANY))
elementwise(np.log, lambda y, x: 1.0 / x, samples=arrays(POSITIVE))
elementwise(np.log1p, lambda y, x: 1.0 / (1.0 + x), samples=arrays(UNIT))
elementwise(np.log2, lambda y, x: 1.0 / (x * math.log(2.0)), samples=arrays(POSITIVE))
elementwise(np.log10, lambda y, x: 1.0 / (x * math.log(10.0)), samples=arrays(POSITIVE))
elementwise(
    np.logaddexp,
    lambda z, x, y: np.exp(runtime.log_ratio(x, z)),
    lambda z, x, y: np.exp(runtime.log_ratio(y, z)),
    samples=arrays(ANY, ANY),
)
elementwise(
    np.logaddexp2,
    lambda z, x, y: np.exp2(runtime.log_ratio(x, z)),
    lambda z, x, y: np.exp2(runtime.log_ratio(y, z)),
    samples=arrays(ANY, ANY),
)
elementwise(np.ldexp, lambda y, x, i: np.ldexp(np.ones_like(x), i), None, samples=lambda: _ldexp_samples())

# --- trigonometric and hyperbolic ---

elementwise(np.sin, lambda y, x: np.cos(x), samples=arrays(ANY))
elementwise(np.cos, lambda y, x: -np.sin(x), samples=arrays(ANY))
elementwise(np.tan, lambda y, x: 1.0 + y * y, samples=arrays((-1.2, 1.2)))
elementwise(  # of complex numbers by the result: the difference 1 - x * x would forget on which side of a cut x is
    np.arcsin,
    lambda y, x: 1.0 / np.cos(y) if np.iscomplexobj(x) else 1.0 / np.sqrt(1.0 - x * x),
    samples=arrays(UNIT),
)
elementwise(
    np.arccos,
    lambda y, x: -1.0 / np.sin(y) if np.iscomplexobj(x) else -1.0 / np.sqrt(1.0 - x * x),
    samples=arrays(UNIT),
)
elementwise(np.arctan, lambda y, x: 1.0 / (1.0 + x * x), samples=arrays(ANY))
elementwise(np.sinh, lambda y, x: np.cosh(x), samples=arrays(ANY))
elementwise(np.cosh, lambda y, x: np.sinh(x), samples=arrays(ANY))
elementwise(np.tanh, lambda y, x: 1.0 - y * y, samples=arrays(ANY))
elementwise(
    np.arcsinh,
    lambda y, x: 1.0 / np.cosh(y) if np.iscomplexobj(x) else 1.0 / np.sqrt(1.0 + x * x),
    samples=arrays(ANY),
)
elementwise(
    np.arccosh,
    lambda y, x: 1.0 / np.sinh(y) if np.iscomplexobj(x) else 1.0 / (np.sqrt(x - 1.0) * np.sqrt(x + 1.0)),
    samples=arrays((1.3, 3.0)),
)
elementwise(np.arctanh, lambda y, x: 1.0 / (1.0 - x * x), samples=arrays(UNIT))
elementwise(
    np.arctan2,
    lambda z, y, x: x / (x * x + y * y),
    lambda z, y, x: -y / (x * x + y * y),
    samples=arrays(ANY, POSITIVE),
)
elementwise(
    np.hypot,
    lambda z, x, y: runtime.divide_or_zero(x, z),
    lambda z, x, y: runtime.divide_or_zero(y, z),
    samples=arrays(ANY, POSITIVE),
)
for to_radians in (np.deg2rad, np.radians):
    elementwise(to_radians, lambda y, x: math.pi / 180.0, samples=arrays((-90.0, 90.0)))
for to_degrees in (np.rad2deg, np.degrees):
    elementwise(to_degrees, lambda y, x: 180.0 / math.pi, samples=arrays(ANY))
elementwise(np.sinc, lambda y, x: runtime.sinc_slope(y, x), samples=arrays(ANY))
elementwise(np.i0, lambda y, x: runtime.i1(x), samples=lambda: _i0_samples())

# --- choices: ties share equally ---

elementwise(
    np.maximum,
    lambda z, x, y: runtime.larger(x, y),
    lambda z, x, y: runtime.larger(y, x),
    samples=arrays(ANY, ANY),
)
elementwise(
    np.minimum,
    lambda z, x, y: runtime.larger(y, x),
    lambda z, x, y: runtime.larger(x, y),
    samples=arrays(ANY, ANY),
)
for ignoring_nan in (np.fmax, np.fmin):
    elementwise(
        ignoring_nan,
        lambda z, x, y: runtime.chosen_share(z, x, y),
        lambda z, x, y: runtime.chosen_share(z, y, x),
        samples=arrays(ANY, ANY),
    )
elementwise(np.copysign, lambda z, x, y: np.copysign(np.sign(x), x * y), None, samples=arrays(ANY, ANY))
elementwise(
    np.heaviside, None, lambda z, x, y: 1.0 - np.abs(np.sign(x)), samples=lambda: _heaviside_samples()
)
elementwise(np.nextafter, lambda z, x, y: 1.0, None, samples=arrays(ANY, ANY))


def _ldexp_samples() -> list[Sample]:
    return [
        sample(np.array([0.5, -1.5, 2.0]), 3),
        sample(np.array([[0.5], [-1.5]]), np.array([1, -2, 0])),
        sample(np.array([0.5, -1.5], np.float32), np.array([1, -2])),
        sample(0.75, 2),
        sample(np.zeros((0, 2)), 1),
    ]


def _i0_samples() -> list[Sample]:
    # the float32 result of np.i0 is computed in float32: too coarse for one tolerance with the others
    return [
        sample(np.array([-9.5, -7.9, -1.0, 0.2, 3.0, 8.1, 20.0])),
        sample(np.array([[0.5], [1.5]])),
        sample(np.asarray(1.25)),
        sample(np.zeros((0, 3))),
        sample(np.array([0.5, -1.5], np.float32)),
        sample(2.5),
    ]


def _heaviside_samples() -> list[Sample]:
    zeros = np.array([[-1.5, 0.0, 2.0], [0.0, 0.0, -0.5]])
    return [
        sample(zeros, 0.5),
        sample(zeros, np.array([0.5, 0.25, 1.0])),
        sample(zeros.astype(np.float32), np.array([0.5, 0.25, 1.0], np.float32)),
        sample(0.0, 0.5),
        sample(np.asarray(0.0), np.asarray(0.5)),
    ]


def _clip_samples() -> list[Sample]:
    x = np.array([[-1.6, -0.7, 0.1], [0.9, 1.7, -2.2]])
    return [
        sample(x, -1.0, 1.0),
        sample(x, -1.0, None),
        sample(x, None, 1.0),
        sample(x, a_min=-1.0, a_max=np.array([0.5, 0.75, 1.0])),
        sample(x, np.array([[-1.0], [-0.5]]), np.array([[[0.8]], [[0.6]]])),
        sample(x[0], -x, x + 4.0),
        sample(x.astype(np.float32), -1.0, 1.0),
        sample(1.5, -1.0, 1.0),
        sample(np.asarray(0.5), 0.0, 1.0),
        sample(np.zeros((0, 2)), 0.0, 1.0),
    ]


@adjoint(np.clip, samples=_clip_samples)
def _clip(
    ct: Any,
    y: Any,
    a: Any,
    a_min: Any = None,
    a_max: Any = None,
    out: Any = None,
    *,
    min: Any = None,
    max: Any = None,
) -> Any:
    low = a_min if min is None else min
    high = a_max if max is None else max
    a_bar = runtime.unbroadcast(ct * runtime.inside(a, low, high), np.shape(a))
    low_bar = None
    if low is not None:
        low_bar = runtime.unbroadcast(ct * runtime.raised(a, low, high), np.shape(low))
    high_bar = None
    if high is not None:
        high_bar = runtime.unbroadcast(ct * runtime.lowered(a, low, high), np.shape(high))
    return a_bar, low_bar, high_bar, None, low_bar, high_bar


def _where_samples() -> list[Sample]:
    condition = np.array([[True, False, True], [False, True, False]])
    x = np.array([[0.5, -1.5, 2.5], [1.0, 2.0, -3.0]])
    return [
        sample(condition, x, -2.0 * x),
        sample(condition, x, 0.5),
        sample(condition, 0.5, x[:1]),
        sample(condition[0], x[:, :1], x[0]),
        sample(np.asarray(True), x, x[1]),
        sample(True, 1.5, 2.5),
        sample(condition, x.astype(np.float32), np.float32(0.5)),
        sample(condition, x.astype(np.float32), 0.0),
        sample(condition[:0], x[:0], 1.0),
    ]


@adjoint(np.where, samples=_where_samples)
def _where(ct: Any, z: Any, condition: Any, x: Any = None, y: Any = None) -> Any:
    x_bar = runtime.unbroadcast(np.where(condition, ct, 0.0), np.shape(x))
    y_bar = runtime.unbroadcast(np.where(condition, 0.0, ct), np.shape(y))
    return None, x_bar, y_bar


def _finite_samples() -> list[Sample]:
    x = np.array([[0.5, np.nan, np.inf], [-np.inf, -2.0, 0.0]])
    bounded = {"nan": 1.0, "posinf": 9.0, "neginf": -9.0}
    return [
        sample(x, **bounded),
        sample(x.astype(np.float32), **bounded),
        sample(x[0, :2]),
        sample(x, **{**bounded, "nan": np.array([0.5, 2.0, 1.5])}),
        sample(np.array([complex(0.5, np.nan), complex(np.inf, -1.0), 2.0 - 1.0j]), **bounded),
        sample(1.5),
        sample(x[:0]),
    ]


@adjoint(np.nan_to_num, samples=_finite_samples)
def _nan_to_num(
    ct: Any, y: Any, x: Any, copy: bool = True, nan: Any = 0.0, posinf: Any = None, neginf: Any = None
) -> Any:
    if np.iscomplexobj(x):
        real, imag = np.isfinite(np.real(x)), np.isfinite(np.imag(x))
        x_bar = np.where(real, np.real(ct), 0.0) + 1j * np.where(imag, np.imag(ct), 0.0)
        x_bar = np.where(real | imag, x_bar, 0.0)
    else:
        x_bar = np.where(np.isfinite(x), ct, 0.0)
    nan_bar = runtime.unbroadcast(np.real(ct * marked(x, np.isnan)), np.shape(nan))
    posinf_bar, neginf_bar = None, None
    if posinf is not None:
        posinf_bar = runtime.unbroadcast(np.real(ct * marked(x, np.isposinf)), np.shape(posinf))
    if neginf is not None:
        neginf_bar = runtime.unbroadcast(np.real(ct * marked(x, np.isneginf)), np.shape(neginf))
    return x_bar, None, nan_bar, posinf_bar, neginf_bar


def marked(x: Any, test: Any) -> Any:
    """Return 1 where a test of ``x`` holds, else 0; for complex numbers 1 of the real, and 1j of the imaginary part."""
    if np.iscomplexobj(x):
        return test(np.real(x)) + 1j * test(np.imag(x))
    return np.where(test(x), 1.0, 0.0)


def _pair_samples() -> list[Sample]:
    x = np.array([[0.75, -1.25], [2.5, -7.1]])
    return [sample(x), sample(x.astype(np.float32)), sample(np.asarray(1.25)), sample(2.75), sample(x[:0])]


@adjoint(np.modf, samples=_pair_samples)
def _modf(ct: Any, y: Any, x: Any) -> Any:
    return (ct[0],)


@adjoint(np.frexp, samples=_pair_samples)
def _frexp(ct: Any, y: Any, x: Any) -> Any:
    return (np.ldexp(ct[0], -y[1]),)


def _divmod_samples() -> list[Sample]:
    x, y = np.array([[7.5, -7.25], [0.5, 3.0]]), np.array([2.0, -1.75])
    return [
        sample(x, y),
        sample(x, 2.0),
        sample(7.5, y),
        sample(7.5, 2.0),
        sample(*(np.float32(v) for v in (x, y))),
    ]


@adjoint(np.divmod, samples=_divmod_samples)
def _divmod(ct: Any, z: Any, x: Any, y: Any) -> Any:
    return runtime.unbroadcast(ct[1], np.shape(x)), runtime.unbroadcast(-ct[1] * z[0], np.shape(y))


# --- parts of complex numbers: a cotangent is multiplied by the derivative, never by its conjugate ---


def _complex_samples() -> list[Sample]:
    z = np.array([[0.5 + 1.5j, -2.0 + 0.25j], [1.0 - 0.75j, -0.5 - 2.0j]])
    x = np.array([0.5, -1.5, 2.5])
    return [
        sample(z),
        sample(z[0, 0]),
        sample(x),
        sample(x.astype(np.float32)),
        sample(np.asarray(0.5)),
        sample(x[:0]),
    ]


@adjoint(np.real, samples=_complex_samples)
def _real(ct: Any, y: Any, val: Any) -> Any:
    return (runtime.as_cotangent(ct, val),)


@adjoint(np.imag, samples=_complex_samples)
def _imag(ct: Any, y: Any, val: Any) -> Any:
    return (runtime.as_cotangent(-1j * ct, val),)


@adjoint(runtime.complex_sign, samples=_complex_samples)
def _complex_sign(ct: Any, y: Any, x: Any) -> Any:
    return (runtime.complex_sign_adjoint(ct, y, x),)


@adjoint(runtime.conjugated, samples=_complex_samples)
@adjoint(np.conjugate, samples=_complex_samples)
def _conjugate(ct: Any, y: Any, x: Any) -> Any:
    return (np.conjugate(ct),)


@adjoint(np.angle, samples=_complex_samples)
def _angle(ct: Any, y: Any, z: Any, deg: bool = False) -> Any:
    if deg:
        ct = ct * (180.0 / math.pi)
    return (runtime.as_cotangent(-1j * ct / np.where(np.equal(z, 0), 1.0, z), z),)


views(np.real, np.imag)
