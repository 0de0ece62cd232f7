"""Attributes, and the functions that ask for the form of an array."""

from __future__ import annotations

import builtins

import numpy as np

from diffcompile.analysis.infer.arithmetic import INT
from diffcompile.analysis.infer.operands import array_of, is_numeric, numeric_operand, real
from diffcompile.analysis.infer.shaping import transpose
from diffcompile.analysis.infer.sizes import dim_scalar, product, shape_type
from diffcompile.analysis.infer.table import is_none, one_axis, rank_of, rule, spread, unknown
from diffcompile.analysis.types import (
    ANY,
    NUMBER,
    UNKNOWN_DIM,
    Array,
    Lst,
    Scalar,
    Static,
    Tup,
    Type,
    plain,
    type_of,
)


@rule(np.shape)
def _shape(a: Type) -> Type:
    return shape_type(array_of(a) if isinstance(a, Tup | Lst) else a)


@rule(np.ndim)
def _ndim(a: Type) -> Type:
    rank = rank_of(array_of(a) if isinstance(a, Tup | Lst) else a)
    return INT if rank is None else Static(rank)


@rule(np.size)
def _size(a: Type, axis: Type | None = None) -> Type:
    a = plain(a)
    dims = () if isinstance(a, Scalar) else array_of(a).dims if isinstance(a, Array | Tup | Lst) else None
    if dims is None:
        return INT
    if is_none(axis):
        return dim_scalar(product(dims))
    return dim_scalar(dims[one_axis(axis, len(dims))])


@rule(builtins.getattr)
def getattribute(base: Type, name: Type, *default: Type) -> Type:
    """Return the type of ``base.name``."""
    if not isinstance(name, Static):
        return ANY
    base = plain(spread(base))
    if isinstance(base, Array | Scalar) or base is NUMBER:
        return _of_number(base, name.value)
    if isinstance(base, Tup) and base.cls is not None and name.value in getattr(base.cls, "_fields", ()):
        return base.items[base.cls._fields.index(name.value)]  # type: ignore[attr-defined]
    if isinstance(base, Static) and isinstance(base.value, np.finfo | np.iinfo):
        return type_of(getattr(base.value, name.value))
    return ANY


def _of_number(base: Type, name: str) -> Type:
    match name:
        case "shape":
            return shape_type(base)
        case "ndim":
            return _ndim(base)
        case "size":
            return _size(base)
        case "T":
            return base if isinstance(base, Scalar) or base is NUMBER else transpose(base)
        case "mT":
            return _matrix_transpose(base)
        case "dtype":
            if isinstance(base, Array) and base.dtype is not None:
                return Static(base.dtype)
            if isinstance(base, Scalar) and base.dtype not in (None, "?"):
                return Static(np.dtype(base.dtype))
        case "real" | "imag":
            return _component(base)
        case "itemsize" | "nbytes":
            return INT
        case "flat":
            return Array(base.dtype, (UNKNOWN_DIM,)) if isinstance(base, Array) else ANY
    return ANY


def _matrix_transpose(base: Type) -> Type:
    if not isinstance(base, Array):
        return ANY
    if base.dims is None or len(base.dims) < 2:  # noqa: PLR2004
        return Array(base.dtype, None)
    return Array(base.dtype, (*base.dims[:-2], base.dims[-1], base.dims[-2]))


@rule(np.real, np.imag)
def _component(val: Type) -> Type:
    base = numeric_operand(val)
    if isinstance(base, Array) and is_numeric(base):
        return Array(real(base.dtype), base.dims)
    if base is NUMBER:
        return NUMBER
    if not isinstance(base, Scalar):
        raise unknown()
    if base.dtype == "?":
        return Scalar(base.kind, "?") if base.kind in "fc" else NUMBER
    if base.dtype is None:  # True.real is 1
        return Scalar("f" if base.kind in "fc" else "i")
    dtype = real(np.dtype(base.dtype))
    assert dtype is not None
    return Scalar("f" if base.kind == "c" else base.kind, dtype.name)
