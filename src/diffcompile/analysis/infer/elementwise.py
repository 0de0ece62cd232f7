"""Functions that work on each element, or choose among elements, without being ufuncs."""

from __future__ import annotations

import numpy as np

from diffcompile import runtime
from diffcompile.analysis.infer.arithmetic import ufunc_call, ufunc_result
from diffcompile.analysis.infer.operands import (
    BOOL_DTYPE,
    INT_DTYPE,
    array_of,
    broadcast_dims,
    dtype_of,
    elementwise_result,
    inexact,
    is_numeric,
    native,
    numeric_operand,
    promote,
    real,
    value_of,
)
from diffcompile.analysis.infer.table import is_none, refuse_out, rule, unknown
from diffcompile.analysis.types import (
    BOTTOM,
    NUMBER,
    UNKNOWN_DIM,
    Array,
    Lst,
    Scalar,
    Static,
    Tup,
    Type,
    plain,
)


@rule(np.where)
def _where(condition: Type, x: Type | None = None, y: Type | None = None) -> Type:
    if x is None or y is None:
        dims = array_of(condition).dims
        if not dims:
            raise unknown()
        return Tup((Array(INT_DTYPE, (UNKNOWN_DIM,)),) * len(dims))  # where it is true
    operands = [numeric_operand(t) for t in (condition, x, y)]
    dims = broadcast_dims(*operands)
    return Array(promote(*operands[1:]), dims)


@rule(np.emath.sqrt, np.emath.log, np.emath.log2, np.emath.log10, np.emath.arcsin, np.emath.arccos, np.emath.arctanh)
def _real_or_complex(x: Type) -> Type:
    t = plain(x) if isinstance(plain(x), Array) else numeric_operand(x)  # which of the two, depends on the values
    if isinstance(t, Scalar) or (isinstance(t, Array) and t.dims == ()):
        return Scalar("c", "?")
    if isinstance(t, Array) and t.dims and t.dtype is not None and t.dtype.kind == "c":
        return Array(t.dtype, t.dims)
    return Array(None, t.dims) if isinstance(t, Array) and t.dims else NUMBER


@rule(np.clip)
def _clip(
    a: Type, a_min: Type | None = None, a_max: Type | None = None, out: Type | None = None, **keywords: Type
) -> Type:
    if not keywords.keys() <= {"min", "max"}:
        raise unknown()
    return _clipped(a, keywords.get("min", a_min), keywords.get("max", a_max), out)


@rule(np.ndarray.clip)
def _clipped(self: Type, min: Type | None = None, max: Type | None = None, out: Type | None = None) -> Type:
    refuse_out(out)
    result = numeric_operand(self)
    if isinstance(plain(self), Scalar) and dtype_of(self) is not None:
        result = Array(array_of(self).dtype, ())  # the method of an array: the operand is not weak
    low, high = (None if is_none(t) else t for t in (min, max))
    if low is not None and high is not None:
        return ufunc_result(np._core.umath.clip, result, low, high)  # type: ignore[attr-defined]
    if low is not None:
        return ufunc_result(np.maximum, result, low)
    return ufunc_result(np.minimum, result, high) if high is not None else ufunc_result(np.positive, result)


@rule(np.round, np.around)
def _round(a: Type, decimals: Type | None = None, out: Type | None = None) -> Type:
    refuse_out(out)
    t = array_of(a) if not isinstance(plain(a), Scalar) else plain(a)
    dtype = promote(t)
    if (dtype is not None and dtype.kind == "b") or not is_numeric(t):
        raise unknown()
    if isinstance(t, Array) and dtype is not None and dtype.kind in "iu":
        dtype = t.dtype  # whole numbers are only copied
    return elementwise_result(dtype, t)


@rule(np.fix)
def _fix(x: Type, out: Type | None = None) -> Type:
    refuse_out(out)
    return ufunc_result(np.trunc, x)


@rule(np.sinc)
def _sinc(x: Type) -> Type:
    array = _numeric_array(x)
    return value_of(native(inexact(array.dtype)), array.dims)


@rule(np.i0)
def _i0(x: Type) -> Type:
    array = _numeric_array(x)
    return Array(native(inexact(array.dtype)), array.dims)


@rule(np.nan_to_num)
def _nan_to_num(x: Type, *_: Type, **__: Type) -> Type:
    array = _numeric_array(x)
    return value_of(array.dtype, array.dims)


@rule(np.angle)
def _angle(z: Type, deg: Type | None = None) -> Type:
    array = _numeric_array(z)
    dtype = native(real(inexact(array.dtype)))
    small = array.dtype is not None and array.dtype.kind in "iu" and array.dtype.itemsize < dtype.itemsize  # type: ignore[union-attr]
    return value_of(None if small else dtype, array.dims)


@rule(np.isneginf, np.isposinf)
def _isinf(x: Type, out: Type | None = None) -> Type:
    refuse_out(out)
    return value_of(BOOL_DTYPE, _numeric_array(x).dims)


def _numeric_array(x: Type) -> Array:
    array = array_of(x)
    if not is_numeric(array):
        raise unknown()
    return array


@rule(np.isclose)
def _isclose(a: Type, b: Type, *_: Type, **__: Type) -> Type:
    return elementwise_result(BOOL_DTYPE, numeric_operand(a), numeric_operand(b))


@rule(np.isreal, np.iscomplex)
def _isreal(x: Type) -> Type:
    t = numeric_operand(x)
    if isinstance(t, Array) and t.dims is not None:
        return Array(BOOL_DTYPE, t.dims) if t.dims else Scalar("b", "?")
    return Scalar("b", "?") if isinstance(t, Scalar) else NUMBER


@rule(np.isin)
def _isin(element: Type, test_elements: Type, *_: Type, **__: Type) -> Type:
    return Array(BOOL_DTYPE, array_of(element).dims)


@rule(np.interp)
def _interp(x: Type, xp: Type, fp: Type, *_: Type, **__: Type) -> Type:
    dtype = promote(array_of(fp), floating=True)
    dims = array_of(x).dims
    if dtype is None or dims is None:
        raise unknown()
    return value_of(np.dtype(complex) if dtype.kind == "c" else np.dtype(float), dims)


@rule(np.select)
def _select(condlist: Type, choicelist: Type, default: Type | None = None) -> Type:
    conditions, choices = (_listed(t) for t in (condlist, choicelist))
    if conditions is None or choices is None:
        raise unknown()
    operands = [numeric_operand(t) for t in (*choices, default if default is not None else Static(0))]
    dims = broadcast_dims(*(array_of(t) for t in (*conditions, *operands)))
    return Array(promote(*operands), dims) if dims else NUMBER


def _listed(t: Type) -> tuple[Type, ...] | None:
    """Return what is known of the items of a sequence; each item of a list is like the others."""
    if isinstance(t, Tup):
        return t.items
    return (t.item,) if isinstance(t, Lst) and t.item is not BOTTOM else None


@rule(np.choose)
def _choose(a: Type, choices: Type, out: Type | None = None, mode: Type | None = None) -> Type:
    refuse_out(out)
    given = _listed(choices)
    if given is None:
        raise unknown()
    operands = [array_of(t) for t in given]
    return value_of(promote(*operands), broadcast_dims(array_of(a), *operands))


@rule(runtime.sign)
def _sign(x: Type) -> Type:
    """Return the type of the slope of ``abs``: complex for a complex number, whose absolute value is real."""
    t = plain(x)
    if isinstance(t, Scalar) and t.kind == "c":
        return ufunc_call(np.sign, (x,), {})
    if isinstance(t, Array) and t.dtype is not None and t.dtype.kind == "c":
        return Array(t.dtype, t.dims)
    raise unknown()


@rule(runtime.larger)
def _larger(x: Type, y: Type) -> Type:
    return _share(ufunc_result(np.maximum, x, y))


@rule(runtime.inside, runtime.raised, runtime.lowered)
def _inside(x: Type, low: Type, high: Type) -> Type:
    """Return the type of a mask in the dtype of ``x``, which the bounds may broadcast."""
    t = plain(x)
    bounds = [numeric_operand(bound) for bound in (low, high) if not is_none(bound)]
    if not isinstance(t, Array) or t.dtype is None:
        raise unknown()
    return _share(elementwise_result(t.dtype, t, *bounds))


def _share(t: Type) -> Type:
    """Return ``t`` if it is a type of real numbers with a fraction."""
    if isinstance(t, Array) and t.dtype is not None and t.dtype.kind == "f":
        return t
    raise unknown()


@rule(runtime.complex_sign)
def _complex_sign(x: Type) -> Type:
    return ufunc_call(np.sign, (x,), {})


@rule(runtime.conjugated)
def _conjugated(x: Type) -> Type:
    t = plain(x)
    if isinstance(t, Array):  # also one without axes, of which a function makes a number
        if t.dtype is not None and t.dtype.kind not in "iufc":
            raise unknown()
        return Array(t.dtype, t.dims)
    return ufunc_call(np.conjugate, (x,), {})


def of_distribution(*operands: Type) -> Type:
    """Return the type of what a method of a distribution of ``scipy.stats`` returns: always double precision."""
    return elementwise_result(np.dtype(float), *map(numeric_operand, operands))
