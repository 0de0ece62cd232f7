"""Softmax and the logarithm of a sum of exponentials."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import special

from diffcompile import runtime
from diffcompile.rules.registry import Sample, adjoint, sample, tangent
from diffcompile.rules.sampling import normal


def _samples() -> list[Sample]:
    return [
        sample(normal(4)),
        sample(normal(2, 3)),
        sample(normal(2, 3), axis=0),
        sample(normal(2, 3), -1),
        sample(normal(2, 3, 2), axis=(0, 2)),
        sample(normal(3, dtype=np.float32), axis=0),
        sample(np.array([0.5, -np.inf, 1.5])),
    ]


@adjoint(special.softmax, samples=_samples)
def _softmax(ct: Any, y: Any, x: Any, axis: Any = None) -> Any:
    weighted = ct * y
    return (weighted - y * np.sum(weighted, axis=axis, keepdims=True),)


@adjoint(special.log_softmax, samples=lambda: _samples()[:-1])
def _log_softmax(ct: Any, y: Any, x: Any, axis: Any = None) -> Any:
    return (ct - np.exp(y) * np.sum(ct, axis=axis, keepdims=True),)


def _sum_samples() -> list[Sample]:
    weights = np.abs(normal(2, 3)) + 0.1
    return [
        *_samples(),
        sample(normal(2, 3), 1, keepdims=True),
        sample(normal(2, 3), axis=1, b=weights),
        sample(normal(2, 3), b=weights[0]),
        sample(normal(3), axis=-1, b=weights),
        sample(normal(2, 3), axis=1, b=weights - 0.5, return_sign=True),
        sample(np.array([-np.inf, -np.inf])),
        sample(1.5),
    ]


@adjoint(special.logsumexp, samples=_sum_samples)
def _logsumexp(
    ct: Any,
    y: Any,
    a: Any,
    axis: Any = None,
    b: Any = None,
    keepdims: bool = False,
    return_sign: bool = False,
) -> Any:
    if return_sign:
        total = y[0]
        ct = ct[0] * y[1]
    else:
        total = y
    if axis is not None and not keepdims:
        total = np.expand_dims(total, axis)
        ct = np.expand_dims(ct, axis)
    share = ct * np.exp(runtime.log_ratio(a, total))
    if b is None:
        a_bar = share
        b_bar = None
    else:
        a_bar = runtime.unbroadcast(share * b, np.shape(a))
        b_bar = runtime.unbroadcast(share, np.shape(b))
    return a_bar, None, b_bar


# --- forward ---


@tangent(special.softmax)
def _softmax_tangent(y: Any, x: Any, axis: Any = None, *, x_dot: Any = None) -> Any:
    weighted = y * x_dot
    return weighted - y * np.sum(weighted, axis=axis, keepdims=True)


@tangent(special.log_softmax)
def _log_softmax_tangent(y: Any, x: Any, axis: Any = None, *, x_dot: Any = None) -> Any:
    return x_dot - np.sum(np.exp(y) * x_dot, axis=axis, keepdims=True)
