"""The methods of a continuous distribution with location and scale, from those of its standard form.

With ``z = (x - loc) / scale`` each derivative is one in ``z`` or in a shape parameter. Where a density is 0 so is its
derivative, and that of its logarithm, -inf, is 0 too: outside the support nothing moves.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import numpy as np

from diffcompile.rules.registry import Samples, elementwise, unknown
from diffcompile.rules.scipy.samples import Operand, mixed

Standard = Callable[..., Any]
"""A function of ``z`` and the shape parameters."""
PROBABILITIES = (0.1, 0.9)


def _signature(distribution: Any, first: str) -> Callable[..., Any]:
    """Return a function with the parameters of the methods of a distribution."""

    def like(*args: Any) -> Any:
        raise AssertionError("never called")

    names = [first, *(distribution.shapes.split(", ") if distribution.shapes else ())]
    kind = inspect.Parameter.POSITIONAL_OR_KEYWORD
    defaults = [inspect.Parameter("loc", kind, default=0.0), inspect.Parameter("scale", kind, default=1.0)]
    like.__signature__ = inspect.Signature(  # type: ignore[attr-defined]
        [*(inspect.Parameter(name, kind) for name in names), *defaults]
    )
    return like


def _unit(x: Any, rest: Any) -> Any:
    return (x - rest[-2]) / rest[-1]


def _where_positive(logarithm: Any, slope: Any) -> Any:
    return np.where(np.isneginf(logarithm), 0.0, slope)


def densities(
    distribution: Any, score: Standard, *shape_scores: Standard, x: Operand, shapes: tuple[Operand, ...] = ()
) -> None:
    """Register ``logpdf`` and ``pdf``.

    ``score(z, *shapes)`` is the derivative of the logarithm of the standard density in ``z``, and each of
    ``shape_scores`` that in a shape parameter. Samples are drawn from ``x`` and ``shapes``.
    """
    samples = mixed(x, *shapes, (-0.2, 0.2), (0.8, 1.5), single=False)
    elementwise(
        distribution.logpdf,
        lambda y, x, *rest: _where_positive(y, score(_unit(x, rest), *rest[:-2]) / rest[-1]),
        *(_log_of_shape(shape_score) for shape_score in shape_scores),
        lambda y, x, *rest: _where_positive(y, -score(_unit(x, rest), *rest[:-2]) / rest[-1]),
        lambda y, x, *rest: _where_positive(
            y, -(1.0 + _unit(x, rest) * score(_unit(x, rest), *rest[:-2])) / rest[-1]
        ),
        samples=samples,
        like=_signature(distribution, "x"),
    )
    elementwise(
        distribution.pdf,
        lambda y, x, *rest: np.where(np.equal(y, 0.0), 0.0, y * score(_unit(x, rest), *rest[:-2])) / rest[-1],
        *(_of_shape(shape_score) for shape_score in shape_scores),
        lambda y, x, *rest: (
            -np.where(np.equal(y, 0.0), 0.0, y * score(_unit(x, rest), *rest[:-2])) / rest[-1]
        ),
        lambda y, x, *rest: (
            -np.where(np.equal(y, 0.0), 0.0, y * (1.0 + _unit(x, rest) * score(_unit(x, rest), *rest[:-2])))
            / rest[-1]
        ),
        samples=samples,
        like=_signature(distribution, "x"),
    )


def _log_of_shape(shape_score: Standard) -> Standard:
    return lambda y, x, *rest: _where_positive(y, shape_score(_unit(x, rest), *rest[:-2]))


def _of_shape(shape_score: Standard) -> Standard:
    return lambda y, x, *rest: np.where(np.equal(y, 0.0), 0.0, y * shape_score(_unit(x, rest), *rest[:-2]))


def probabilities(
    distribution: Any,
    density: Standard,
    *shape_slopes: Standard,
    x: Operand,
    shapes: tuple[Operand, ...] = (),
) -> None:
    """Register ``cdf``, ``sf``, ``logcdf``, ``logsf``, ``ppf`` and ``isf``.

    ``density(z, *shapes)`` is the standard density, 0 outside the support; each of ``shape_slopes`` is the derivative
    of the standard distribution function in a shape parameter, or :func:`unknown`.
    """
    samples = mixed(x, *shapes, (-0.2, 0.2), (0.8, 1.5), single=False)
    for method, factor in (
        (distribution.cdf, _plain),
        (distribution.sf, _minus),
        (distribution.logcdf, _of_logarithm),
        (distribution.logsf, _of_complement),
    ):
        _register_probability(distribution, method, factor, density, shape_slopes, samples)
    of_probability = mixed(PROBABILITIES, *shapes, (-0.2, 0.2), (0.8, 1.5), single=False)
    for method, sign in ((distribution.ppf, 1.0), (distribution.isf, -1.0)):
        _register_quantile(distribution, method, sign, density, shape_slopes, of_probability)


def _plain(y: Any) -> Any:
    return 1.0


def _minus(y: Any) -> Any:
    return -1.0


def _of_logarithm(y: Any) -> Any:
    return np.where(np.isneginf(y), 0.0, np.exp(-np.maximum(y, -700.0)))


def _of_complement(y: Any) -> Any:
    return -np.where(np.isneginf(y), 0.0, np.exp(-np.maximum(y, -700.0)))


def _register_probability(
    distribution: Any,
    method: Any,
    factor: Callable[[Any], Any],
    density: Standard,
    shape_slopes: tuple[Standard, ...],
    samples: Samples,
) -> None:
    def of_shape(slope: Standard) -> Standard:
        return (
            unknown if slope is unknown else lambda y, x, *rest: factor(y) * slope(_unit(x, rest), *rest[:-2])
        )

    elementwise(
        method,
        lambda y, x, *rest: factor(y) * density(_unit(x, rest), *rest[:-2]) / rest[-1],
        *map(of_shape, shape_slopes),
        lambda y, x, *rest: -factor(y) * density(_unit(x, rest), *rest[:-2]) / rest[-1],
        lambda y, x, *rest: -factor(y) * _unit(x, rest) * density(_unit(x, rest), *rest[:-2]) / rest[-1],
        samples=samples,
        like=_signature(distribution, "x"),
    )


def _register_quantile(
    distribution: Any,
    method: Any,
    sign: float,
    density: Standard,
    shape_slopes: tuple[Standard, ...],
    samples: Samples,
) -> None:
    def of_shape(slope: Standard) -> Standard:
        if slope is unknown:
            return unknown
        return lambda x, q, *rest: (
            -rest[-1] * slope(_unit(x, rest), *rest[:-2]) / density(_unit(x, rest), *rest[:-2])
        )

    elementwise(
        method,
        lambda x, q, *rest: sign * rest[-1] / density(_unit(x, rest), *rest[:-2]),
        *map(of_shape, shape_slopes),
        lambda x, q, *rest: 1.0,
        lambda x, q, *rest: _unit(x, rest),
        samples=samples,
        like=_signature(distribution, "q"),
    )
