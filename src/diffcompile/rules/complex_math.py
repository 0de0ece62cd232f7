"""Rules of the ``cmath`` module: complex numbers of Python stay what they are."""

from __future__ import annotations

import cmath
import math
from typing import Any

from diffcompile.rules.registry import Sample, Samples, adjoint, elementwise, nondifferentiable, sample


def _numbers(*extra: complex) -> Samples:
    return lambda: [sample(z) for z in (0.5 + 0.75j, -0.25 + 1.5j, 0.3 - 0.6j, 0.4, *extra)]


elementwise(cmath.exp, lambda y, z: y, samples=_numbers(-1.5))
elementwise(cmath.sqrt, lambda y, z: 0.5 / y, samples=_numbers(1.5))
elementwise(cmath.log10, lambda y, z: 1.0 / (z * math.log(10.0)), samples=_numbers(1.5))
elementwise(cmath.sin, lambda y, z: cmath.cos(z), samples=_numbers(-1.5))
elementwise(cmath.cos, lambda y, z: -cmath.sin(z), samples=_numbers(-1.5))
elementwise(cmath.tan, lambda y, z: 1.0 + y * y, samples=_numbers(-1.2))
elementwise(cmath.asin, lambda y, z: 1.0 / cmath.cos(y), samples=_numbers(-0.5))
elementwise(cmath.acos, lambda y, z: -1.0 / cmath.sin(y), samples=_numbers(-0.5))
elementwise(cmath.atan, lambda y, z: 1.0 / (1.0 + z * z), samples=_numbers(-1.5))
elementwise(cmath.sinh, lambda y, z: cmath.cosh(z), samples=_numbers(-1.5))
elementwise(cmath.cosh, lambda y, z: cmath.sinh(z), samples=_numbers(-1.5))
elementwise(cmath.tanh, lambda y, z: 1.0 - y * y, samples=_numbers(-1.5))
elementwise(cmath.asinh, lambda y, z: 1.0 / cmath.cosh(y), samples=_numbers(-1.5))
elementwise(cmath.acosh, lambda y, z: 1.0 / cmath.sinh(y), samples=_numbers(1.5))
elementwise(cmath.atanh, lambda y, z: 1.0 / (1.0 - z * z), samples=_numbers(-0.5))


def _log_samples() -> list[Sample]:
    return [sample(0.5 + 0.75j), sample(-0.5 - 0.75j), sample(1.5), sample(0.5 + 0.75j, 2.0), sample(1.5, 0.5 + 1.0j)]


@adjoint(cmath.log, samples=_log_samples)
def _log(ct: Any, y: Any, z: Any, base: Any = None) -> Any:
    if base is None:
        z_bar = ct / z
        base_bar = None
    else:
        z_bar = ct / (z * cmath.log(base))
        base_bar = -ct * y / (base * cmath.log(base))
    return z_bar, base_bar


@adjoint(cmath.phase, samples=_numbers(-0.5))
def _phase(ct: Any, y: Any, z: Any) -> Any:
    return (-1j * ct / z,)


@adjoint(cmath.polar, samples=_numbers(-0.5))
def _polar(ct: Any, y: Any, z: Any) -> Any:
    return (ct[0] * z.conjugate() / y[0] - 1j * ct[1] / z,)


@adjoint(cmath.rect, samples=lambda: [sample(0.5, 0.75), sample(-1.5, 2.0)])
def _rect(ct: Any, y: Any, r: Any, phi: Any) -> Any:
    return (ct * cmath.exp(1j * phi)).real, (1j * ct * y).real


@adjoint(complex, samples=lambda: [sample(0.5, 0.75), sample(0.5), sample(real=1.5, imag=-2.0), sample(0.5 + 2.0j)])
def _complex(ct: Any, y: Any, real: Any = 0, imag: Any = 0) -> Any:
    return ct, 1j * ct


nondifferentiable(
    cmath.isfinite, cmath.isinf, cmath.isnan, cmath.isclose, reason="its result is true or false"
)
