"""Rules of running sums, products and extrema."""



from __future__ import annotations

from typing import Any

import numpy as np

from diffcompile import runtime
from diffcompile.rules.axis_samples import ufunc_samples, with_nan, with_zeros
from diffcompile.rules.registry import Sample, adjoint, sample
from diffcompile.rules.sampling import normal


def _along_axis() -> list[Sample]:
    return [
        sample(normal(5)),
        sample(normal(5), 0),
        sample(normal(3, 4)),
        sample(normal(3, 4), axis=1),
        sample(normal(2, 3, 4), axis=-2),
        sample(normal()),
        sample(normal(0)),
        sample(normal(2, 0), axis=0),
        sample(normal(3, 4, dtype=np.float32), axis=0),
    ]


@adjoint(np.cumsum, samples=_along_axis)
def _cumsum(ct: Any, y: Any, a: Any, axis: Any = None, dtype: Any = None, out: Any = None) -> Any:
    if axis is None:
        a_bar = np.reshape(np.cumsum(ct[::-1])[::-1], np.shape(a))
    else:
        a_bar = np.flip(np.cumsum(np.flip(ct, axis), axis=axis), axis)
    if dtype is not None:
        a_bar = runtime.as_cotangent(a_bar, a)
    return (a_bar,)


@adjoint(np.nancumsum, samples=lambda: [*_along_axis(), *with_nan()[:2]])
def _nancumsum(ct: Any, y: Any, a: Any, axis: Any = None, dtype: Any = None, out: Any = None) -> Any:
    (a_bar,) = _cumsum(ct, y, a, axis, dtype, out)
    return (np.where(np.isnan(a), 0.0, a_bar),)


@adjoint(
    np.cumprod, samples=lambda: [*_along_axis(), *with_zeros()[:2], sample(with_zeros()[0].args[0], axis=1)]
)
def _cumprod(ct: Any, y: Any, a: Any, axis: Any = None, dtype: Any = None, out: Any = None) -> Any:
    a_bar = runtime.cumprod_adjoint(ct, y, a, axis)
    if dtype is not None:
        a_bar = runtime.as_cotangent(a_bar, a)
    return (a_bar,)


@adjoint(np.add.accumulate, samples=ufunc_samples)
def _add_accumulate(ct: Any, y: Any, array: Any, axis: Any = 0, dtype: Any = None, out: Any = None) -> Any:
    return _cumsum(ct, y, array, axis, dtype, out)


@adjoint(np.multiply.accumulate, samples=ufunc_samples)
def _multiply_accumulate(
    ct: Any, y: Any, array: Any, axis: Any = 0, dtype: Any = None, out: Any = None
) -> Any:
    return _cumprod(ct, y, array, axis, dtype, out)


@adjoint(np.maximum.accumulate, samples=ufunc_samples)
@adjoint(np.minimum.accumulate, samples=ufunc_samples)
def _extremum_accumulate(
    ct: Any, y: Any, array: Any, axis: Any = 0, dtype: Any = None, out: Any = None
) -> Any:
    return (runtime.running_extremum_adjoint(ct, y, axis),)
