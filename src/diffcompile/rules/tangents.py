"""Forward rules of functions that are neither elementwise nor linear: reductions, order, conversions, constants."""
# Parameters are NumPy's; branches that the compiler folds are written as branches:

from __future__ import annotations

import math
from typing import Any

import numpy as np

from diffcompile import runtime
from diffcompile.rules.elementwise import marked
from diffcompile.rules.registry import tangent, ufunc_method

# --- elementwise functions whose operands are parameters or come in pairs ---


@tangent(np.clip)
def _clip(
    y: Any, a: Any, a_min: Any = None, a_max: Any = None, out: Any = None, *, min: Any = None, max: Any = None,
    a_dot: Any = None, a_min_dot: Any = None, a_max_dot: Any = None, min_dot: Any = None, max_dot: Any = None,
) -> Any:  # fmt: skip
    low = a_min if min is None else min
    high = a_max if max is None else max
    low_dot = a_min_dot if min_dot is None else min_dot
    high_dot = a_max_dot if max_dot is None else max_dot
    moved = 0.0
    if a_dot is not None:
        moved = a_dot * runtime.inside(a, low, high)
    if low_dot is not None:
        moved = moved + low_dot * runtime.raised(a, low, high)
    if high_dot is not None:
        moved = moved + high_dot * runtime.lowered(a, low, high)
    return np.broadcast_to(moved, np.shape(y))


@tangent(np.ndarray.clip)
def _clip_method(
    y: Any, self: Any, min: Any = None, max: Any = None, out: Any = None, *, self_dot: Any = None,
    min_dot: Any = None, max_dot: Any = None,
) -> Any:  # fmt: skip
    moved = 0.0
    if self_dot is not None:
        moved = self_dot * runtime.inside(self, min, max)
    if min_dot is not None:
        moved = moved + min_dot * runtime.raised(self, min, max)
    if max_dot is not None:
        moved = moved + max_dot * runtime.lowered(self, min, max)
    return np.broadcast_to(moved, np.shape(y))


@tangent(np.nan_to_num)
def _nan_to_num(
    y: Any, x: Any, copy: bool = True, nan: Any = 0.0, posinf: Any = None, neginf: Any = None, *,
    x_dot: Any = None, nan_dot: Any = None, posinf_dot: Any = None, neginf_dot: Any = None,
) -> Any:  # fmt: skip
    moved: Any = 0.0
    if x_dot is not None and np.iscomplexobj(x):
        real_dot = np.where(np.isfinite(np.real(x)), np.real(x_dot), 0.0)
        moved = real_dot + 1j * np.where(np.isfinite(np.imag(x)), np.imag(x_dot), 0.0)
    elif x_dot is not None:
        moved = np.where(np.isfinite(x), x_dot, 0.0)
    if nan_dot is not None:
        moved = moved + nan_dot * marked(x, np.isnan)
    if posinf_dot is not None:
        moved = moved + posinf_dot * marked(x, np.isposinf)
    if neginf_dot is not None:
        moved = moved + neginf_dot * marked(x, np.isneginf)
    return moved


@tangent(np.modf)
def _modf(y: Any, x: Any, *, x_dot: Any = None) -> Any:
    return x_dot, np.zeros_like(y[1])


@tangent(math.modf)
def _math_modf(y: Any, x: Any, *, x_dot: Any = None) -> Any:
    return x_dot, 0.0


@tangent(np.frexp)
def _frexp(y: Any, x: Any, *, x_dot: Any = None) -> Any:
    return np.ldexp(x_dot, -y[1]), None


@tangent(math.frexp)
def _math_frexp(y: Any, x: Any, *, x_dot: Any = None) -> Any:
    return math.ldexp(x_dot, -y[1]), None


@tangent(np.divmod)
def _divmod(z: Any, x: Any, y: Any, *, x_dot: Any = None, y_dot: Any = None) -> Any:
    moved = 0.0
    if x_dot is not None:
        moved = x_dot
    if y_dot is not None:
        moved = moved - y_dot * z[0]
    return np.zeros_like(z[0]), np.broadcast_to(moved, np.shape(z[1]))


@tangent(divmod)
def _builtin_divmod(z: Any, x: Any, y: Any, *, x_dot: Any = None, y_dot: Any = None) -> Any:
    moved = 0.0
    if x_dot is not None:
        moved = x_dot
    if y_dot is not None:
        moved = moved - y_dot * z[0]
    return 0.0, moved


@tangent(runtime.complex_sign)
def _complex_sign(s: Any, x: Any, *, x_dot: Any = None) -> Any:
    if np.iscomplexobj(x):
        moved = runtime.divide_or_zero(0.5 * (x_dot - s * s * np.conj(x_dot)), np.abs(x))
    else:
        moved = np.zeros_like(s)
    return moved


@tangent(np.angle)
def _angle(y: Any, z: Any, deg: bool = False, *, z_dot: Any = None) -> Any:
    moved = np.imag(z_dot / np.where(np.equal(z, 0), 1.0, z))
    if deg:
        moved = moved * (180.0 / math.pi)
    return moved


@tangent(math.log)
def _log(y: Any, x: Any, base: Any = None, *, x_dot: Any = None, base_dot: Any = None) -> Any:
    moved = 0.0
    if x_dot is not None:
        moved = x_dot / x
    if base_dot is not None:
        moved = moved - base_dot * y / base
    if base is not None:
        moved = moved / math.log(base)
    return moved


@tangent(math.hypot)
def _hypot(y: Any, *coordinates: Any, coordinates_dot: Any = None) -> Any:
    return runtime.dist_tangent(coordinates_dot, None, y, coordinates, (0.0,) * len(coordinates))


@tangent(math.dist)
def _dist(y: Any, p: Any, q: Any, *, p_dot: Any = None, q_dot: Any = None) -> Any:
    return runtime.dist_tangent(p_dot, q_dot, y, p, q)


@tangent(math.prod)
def _math_prod(y: Any, iterable: Any, *, start: Any = 1, iterable_dot: Any = None, start_dot: Any = None) -> Any:
    return runtime.product_tangent(iterable_dot, start_dot, iterable, start)


# --- sums and means ---


@tangent(np.nansum)
def _nansum(
    y: Any, a: Any, axis: Any = None, dtype: Any = None, out: Any = None, keepdims: Any = False,
    initial: Any = None, where: Any = True, *, a_dot: Any = None, initial_dot: Any = None,
) -> Any:  # fmt: skip
    moved = 0.0
    if a_dot is not None:
        moved = np.sum(a_dot, axis=axis, keepdims=keepdims, where=np.logical_and(where, ~np.isnan(a)))
    if initial_dot is not None:
        moved = moved + initial_dot
    return np.broadcast_to(moved, np.shape(y))


@tangent(np.nanmean)
def _nanmean(
    y: Any, a: Any, axis: Any = None, dtype: Any = None, out: Any = None, keepdims: Any = False,
    *, where: Any = True, a_dot: Any = None,
) -> Any:  # fmt: skip
    return np.mean(a_dot, axis=axis, keepdims=keepdims, where=np.logical_and(where, ~np.isnan(a)))


@tangent(np.nancumsum)
def _nancumsum(y: Any, a: Any, axis: Any = None, dtype: Any = None, out: Any = None, *, a_dot: Any = None) -> Any:
    return np.cumsum(np.where(np.isnan(a), 0.0, a_dot), axis=axis)


@tangent(np.average)
def _average(
    y: Any, a: Any, axis: Any = None, weights: Any = None, returned: bool = False, *, keepdims: Any = False,
    a_dot: Any = None, weights_dot: Any = None,
) -> Any:  # fmt: skip
    if weights is None:
        moved = np.mean(a_dot, axis=axis, keepdims=keepdims)
        if returned:
            found: Any = (moved, np.zeros_like(y[1]))
        else:
            found = moved
    else:
        found = runtime.average_tangent(a_dot, weights_dot, y, a, axis, weights, keepdims, returned)
    return found


# --- variance ---


@tangent(np.var)
def _var(
    y: Any, a: Any, axis: Any = None, dtype: Any = None, out: Any = None, ddof: Any = 0, keepdims: Any = False,
    *, where: Any = True, mean: Any = None, correction: Any = 0, a_dot: Any = None, mean_dot: Any = None,
) -> Any:  # fmt: skip
    if where is True and mean is None:
        count = np.size(a) if axis is None else runtime.axis_size(a, axis)
        centered = a - np.mean(a, axis=axis, keepdims=True)
        if np.iscomplexobj(a):
            centered = np.conj(centered)
        moved = (2.0 / (count - ddof - correction)) * np.sum(a_dot * centered, axis=axis, keepdims=keepdims)
    else:
        slope = runtime.masked_var_adjoint(np.ones((), y.dtype), a, axis, ddof + correction, where, mean)[0]
        moved = 0.0
        if a_dot is not None:
            moved = np.sum(a_dot * slope, axis=axis, keepdims=keepdims)
        if mean_dot is not None:
            moved = moved - np.sum(mean_dot * slope, axis=axis, keepdims=keepdims)
    if np.iscomplexobj(a):
        moved = np.real(moved)
    return moved


@tangent(np.std)
def _std(
    y: Any, a: Any, axis: Any = None, dtype: Any = None, out: Any = None, ddof: Any = 0, keepdims: Any = False,
    *, where: Any = True, mean: Any = None, correction: Any = 0, a_dot: Any = None, mean_dot: Any = None,
) -> Any:  # fmt: skip
    moved = _var(
        y, a, axis, dtype, out, ddof, keepdims, where=where, mean=mean, correction=correction, a_dot=a_dot,
        mean_dot=mean_dot,
    )  # fmt: skip
    return runtime.divide_or_zero(0.5 * moved, y)


# --- products and extrema: the slope is what the adjoint of ones is ---


@tangent(np.prod)
def _prod(
    y: Any, a: Any, axis: Any = None, dtype: Any = None, out: Any = None, keepdims: Any = False,
    initial: Any = None, where: Any = True, *, a_dot: Any = None, initial_dot: Any = None,
) -> Any:  # fmt: skip
    moved = 0.0
    if a_dot is not None:
        slope = runtime.prod_adjoint(np.ones_like(y), a, axis, keepdims, initial, where)[0]
        moved = np.sum(a_dot * slope, axis=axis, keepdims=keepdims)
    if initial_dot is not None:
        moved = moved + initial_dot * np.prod(a, axis=axis, keepdims=keepdims, where=where)
    return moved


@tangent(ufunc_method(np.multiply, "reduce"))
def _multiply_reduce(
    y: Any, array: Any, axis: Any = 0, dtype: Any = None, out: Any = None, keepdims: Any = False,
    initial: Any = None, where: Any = True, *, array_dot: Any = None, initial_dot: Any = None,
) -> Any:  # fmt: skip
    return _prod(y, array, axis, dtype, out, keepdims, initial, where, a_dot=array_dot, initial_dot=initial_dot)


@tangent(np.nanprod)
def _nanprod(
    y: Any, a: Any, axis: Any = None, dtype: Any = None, out: Any = None, keepdims: Any = False,
    initial: Any = None, where: Any = True, *, a_dot: Any = None, initial_dot: Any = None,
) -> Any:  # fmt: skip
    present = np.logical_and(where, ~np.isnan(a))
    return _prod(y, a, axis, None, None, keepdims, initial, present, a_dot=a_dot, initial_dot=initial_dot)


@tangent(np.max)
@tangent(np.min)
@tangent(np.amax)
@tangent(np.amin)
@tangent(np.nanmax)
@tangent(np.nanmin)
def _extremum(
    y: Any, a: Any, axis: Any = None, out: Any = None, keepdims: Any = False, initial: Any = None,
    where: Any = True, *, a_dot: Any = None, initial_dot: Any = None,
) -> Any:  # fmt: skip
    if initial is None:
        slope = runtime.extremum_adjoint(np.ones_like(y), y, a, axis, keepdims, initial, where)[0]
        moved = np.sum(a_dot * slope, axis=axis, keepdims=keepdims)
    else:
        moved = runtime.extremum_tangent(a_dot, initial_dot, y, a, axis, keepdims, initial, where)
    return moved


@tangent(np.ptp)
def _ptp(y: Any, a: Any, axis: Any = None, out: Any = None, keepdims: Any = False, *, a_dot: Any = None) -> Any:
    slope = runtime.ptp_adjoint(np.ones_like(y), a, axis, keepdims)
    return np.sum(a_dot * slope, axis=axis, keepdims=keepdims)


@tangent(ufunc_method(np.minimum, "reduce"))
@tangent(ufunc_method(np.maximum, "reduce"))
def _extremum_reduce(
    y: Any, array: Any, axis: Any = 0, dtype: Any = None, out: Any = None, keepdims: Any = False,
    initial: Any = None, where: Any = True, *, array_dot: Any = None, initial_dot: Any = None,
) -> Any:  # fmt: skip
    return _extremum(y, array, axis, None, keepdims, initial, where, a_dot=array_dot, initial_dot=initial_dot)


@tangent(ufunc_method(np.logaddexp, "reduce"))
def _logaddexp_reduce(
    y: Any, array: Any, axis: Any = 0, dtype: Any = None, out: Any = None, keepdims: Any = False,
    initial: Any = None, where: Any = True, *, array_dot: Any = None, initial_dot: Any = None,
) -> Any:  # fmt: skip
    kept = y
    if axis is not None and not keepdims:
        kept = np.expand_dims(y, axis)
    moved: Any = 0.0
    if array_dot is not None:
        weighed = array_dot * np.exp(runtime.log_ratio(array, kept))
        moved = np.sum(weighed, axis=axis, keepdims=keepdims, where=where)
    if initial_dot is not None:
        moved = moved + initial_dot * np.exp(runtime.log_ratio(initial, y))
    return moved


# --- running products and extrema ---


@tangent(np.cumprod)
def _cumprod(y: Any, a: Any, axis: Any = None, dtype: Any = None, out: Any = None, *, a_dot: Any = None) -> Any:
    return runtime.cumprod_tangent(a_dot, y, a, axis)


@tangent(ufunc_method(np.multiply, "accumulate"))
def _multiply_accumulate(
    y: Any, array: Any, axis: Any = 0, dtype: Any = None, out: Any = None, *, array_dot: Any = None
) -> Any:
    return runtime.cumprod_tangent(array_dot, y, array, axis)


@tangent(ufunc_method(np.minimum, "accumulate"))
@tangent(ufunc_method(np.maximum, "accumulate"))
def _extremum_accumulate(
    y: Any, array: Any, axis: Any = 0, dtype: Any = None, out: Any = None, *, array_dot: Any = None
) -> Any:
    return runtime.running_extremum_tangent(array_dot, y, axis)


# --- order ---


@tangent(np.sort)
def _sort(y: Any, a: Any, axis: Any = -1, kind: Any = None, *, stable: Any = None, a_dot: Any = None) -> Any:
    return runtime.sort_tangent(a_dot, a, axis)


@tangent(np.partition)
def _partition(y: Any, a: Any, kth: Any, axis: Any = -1, kind: str = "introselect", *, a_dot: Any = None) -> Any:
    return runtime.partition_tangent(a_dot, y, a, axis)


@tangent(np.median)
def _median(
    y: Any, a: Any, axis: Any = None, out: Any = None, overwrite_input: bool = False, keepdims: bool = False,
    *, a_dot: Any = None,
) -> Any:  # fmt: skip
    return runtime.quantile_tangent(a_dot, None, y, a, 0.5, runtime.quantile_places(a, 0.5, axis))


@tangent(np.quantile)
def _quantile(
    y: Any, a: Any, q: Any, axis: Any = None, out: Any = None, overwrite_input: bool = False,
    method: str = "linear", keepdims: bool = False, *,
    weights: Any = None, a_dot: Any = None, q_dot: Any = None, weights_dot: Any = None,
) -> Any:  # fmt: skip
    places = runtime.quantile_places(a, q, axis, method, weights)
    return runtime.quantile_tangent(a_dot, q_dot, y, a, q, places)


@tangent(np.percentile)
def _percentile(
    y: Any, a: Any, q: Any, axis: Any = None, out: Any = None, overwrite_input: bool = False,
    method: str = "linear", keepdims: bool = False, *,
    weights: Any = None, a_dot: Any = None, q_dot: Any = None, weights_dot: Any = None,
) -> Any:  # fmt: skip
    fraction_dot = None
    if q_dot is not None:
        fraction_dot = np.true_divide(q_dot, 100)
    level = np.true_divide(q, 100)
    places = runtime.quantile_places(a, level, axis, method, weights)
    return runtime.quantile_tangent(a_dot, fraction_dot, y, a, level, places)


@tangent(np.nanmedian)
def _nanmedian(
    y: Any, a: Any, axis: Any = None, out: Any = None, overwrite_input: bool = False, keepdims: bool = False,
    *, a_dot: Any = None,
) -> Any:  # fmt: skip
    places = runtime.quantile_places(a, 0.5, axis, "linear", None, True)
    return runtime.quantile_tangent(a_dot, None, y, a, 0.5, places)


@tangent(np.nanquantile)
def _nanquantile(
    y: Any, a: Any, q: Any, axis: Any = None, out: Any = None, overwrite_input: bool = False,
    method: str = "linear", keepdims: bool = False, *,
    weights: Any = None, a_dot: Any = None, q_dot: Any = None, weights_dot: Any = None,
) -> Any:  # fmt: skip
    places = runtime.quantile_places(a, q, axis, method, weights, True)
    return runtime.quantile_tangent(a_dot, q_dot, y, a, q, places)


@tangent(np.nanpercentile)
def _nanpercentile(
    y: Any, a: Any, q: Any, axis: Any = None, out: Any = None, overwrite_input: bool = False,
    method: str = "linear", keepdims: bool = False, *,
    weights: Any = None, a_dot: Any = None, q_dot: Any = None, weights_dot: Any = None,
) -> Any:  # fmt: skip
    fraction_dot = None
    if q_dot is not None:
        fraction_dot = np.true_divide(q_dot, 100)
    level = np.true_divide(q, 100)
    places = runtime.quantile_places(a, level, axis, method, weights, True)
    return runtime.quantile_tangent(a_dot, fraction_dot, y, a, level, places)


# --- interpolation, ranges ---


@tangent(np.interp)
def _interp(
    y: Any, x: Any, xp: Any, fp: Any, left: Any = None, right: Any = None, *, x_dot: Any = None,
    xp_dot: Any = None, fp_dot: Any = None, left_dot: Any = None, right_dot: Any = None,
) -> Any:  # fmt: skip
    moved: Any = 0.0
    if x_dot is not None:
        moved = x_dot * runtime.interp_slope(x, xp, fp)
    if xp_dot is not None:
        moved = moved - runtime.interp_slope(x, xp, fp) * np.interp(x, xp, xp_dot)
    if fp_dot is not None:
        low = None if left is None else 0.0
        high = None if right is None else 0.0
        moved = moved + np.interp(x, xp, fp_dot, low, high)
    if left_dot is not None:
        moved = moved + np.where(np.less(x, xp[0]), left_dot, 0.0)
    if right_dot is not None:
        moved = moved + np.where(np.greater(x, xp[-1]), right_dot, 0.0)
    return moved


@tangent(np.fft.fftfreq)
@tangent(np.fft.rfftfreq)
def _fftfreq(y: Any, n: int, d: Any = 1.0, *, device: Any = None, d_dot: Any = None) -> Any:
    return -y * (d_dot / d)


@tangent(np.arange)
def _arange(
    y: Any, start_or_stop: Any, stop: Any = None, step: Any = None, dtype: Any = None, *, device: Any = None,
    like: Any = None, start_or_stop_dot: Any = None, stop_dot: Any = None, step_dot: Any = None,
) -> Any:  # fmt: skip
    moved = 0.0
    if start_or_stop_dot is not None and stop is not None:
        moved = start_or_stop_dot
    if step_dot is not None:
        moved = moved + step_dot * np.arange(np.size(y))
    return np.broadcast_to(moved, np.shape(y))


@tangent(np.logspace)
def _logspace(
    y: Any, start: Any, stop: Any, num: Any = 50, endpoint: Any = True, base: Any = 10.0, dtype: Any = None,
    axis: Any = 0, *, start_dot: Any = None, stop_dot: Any = None,
) -> Any:  # fmt: skip
    low = 0.0 * start if start_dot is None else start_dot
    high = 0.0 * stop if stop_dot is None else stop_dot
    return y * np.linspace(low, high, num, endpoint, axis=axis) * math.log(base)


@tangent(np.geomspace)
def _geomspace(
    y: Any, start: Any, stop: Any, num: Any = 50, endpoint: Any = True, dtype: Any = None, axis: Any = 0,
    *, start_dot: Any = None, stop_dot: Any = None,
) -> Any:  # fmt: skip
    low = 0.0 * start if start_dot is None else start_dot / start
    high = 0.0 * stop if stop_dot is None else stop_dot / stop
    return y * np.linspace(low, high, num, endpoint, axis=axis)



@tangent(np.sort_complex)
def _sort_complex(y: Any, a: Any, *, a_dot: Any = None) -> Any:
    return np.take_along_axis(a_dot, np.argsort(a, axis=-1), axis=-1)
