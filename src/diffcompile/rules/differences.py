"""Rules of differences, integrals and counts along an axis."""



from __future__ import annotations

from typing import Any

import numpy as np

from diffcompile import runtime
from diffcompile.rules.registry import Sample, adjoint, sample
from diffcompile.rules.sampling import normal


def _diff_samples() -> list[Sample]:
    x, v = normal(3, 4), normal(5)
    return [
        sample(v),
        sample(v, 2),
        sample(v, n=0),
        sample(v, n=7),
        sample(x, axis=0),
        sample(x, n=2, axis=-1),
        sample(v, prepend=0.5),
        sample(x, axis=0, prepend=normal(2, 4), append=0.25),
        sample(x, 2, 1, normal(3, 1), normal(3, 2)),
        sample(normal(0)),
        sample(x.astype(np.float32)),
    ]


@adjoint(np.diff, samples=_diff_samples)
def _diff(
    ct: Any, y: Any, a: Any, n: Any = 1, axis: Any = -1, prepend: Any = None, append: Any = None
) -> Any:
    a_bar, prepend_bar, append_bar = runtime.diff_adjoint(ct, a, n, axis, prepend, append)
    return a_bar, None, None, prepend_bar, append_bar


@adjoint(
    np.ediff1d,
    samples=lambda: [
        sample(normal(5)),
        sample(normal(2, 3)),
        sample(normal(1)),
        sample(normal(4), to_end=normal(2), to_begin=0.5),
        sample(normal(2, 2), normal(1, 2)),
    ],
)
def _ediff1d(ct: Any, y: Any, ary: Any, to_end: Any = None, to_begin: Any = None) -> Any:
    if to_end is None and to_begin is None:
        return (np.reshape(runtime.spread_difference(ct, 0), np.shape(ary)),)
    return runtime.ediff1d_adjoint(ct, ary, to_end, to_begin)


def _trapezoid_samples() -> list[Sample]:
    y, x = normal(3, 4), np.array([0.0, 0.4, 1.1, 1.5])
    return [
        sample(y[0]),
        sample(y),
        sample(y, dx=0.25, axis=0),
        sample(y, x),
        sample(y, x[:3], axis=0),
        sample(y, x + 0.1 * y),
        sample(y, x=0.1 * y, axis=0),
        sample(y, dx=np.array([0.1, 0.2, 0.3])),
        sample(y.astype(np.float32)),
        sample(y.astype(np.float32), x.astype(np.float32)),
    ]


@adjoint(np.trapezoid, samples=_trapezoid_samples)
def _trapezoid(ct: Any, result: Any, y: Any, x: Any = None, dx: Any = 1.0, axis: Any = -1) -> Any:
    return runtime.trapezoid_adjoint(ct, y, x, dx, axis)


@adjoint(
    np.bincount,
    samples=lambda: [
        sample(np.array([0, 2, 2, 5]), normal(4)),
        sample(np.array([0, 2, 2, 5]), weights=normal(4), minlength=9),
        sample(np.array([1, 1])),
    ],
)
def _bincount(ct: Any, y: Any, x: Any, weights: Any = None, minlength: Any = 0) -> Any:
    return None, None if weights is None else np.take(ct, x)
