"""Builtins, the math module, casts, tests and texts."""

from __future__ import annotations

import bisect
import builtins
import cmath
import math
import operator
import statistics
from typing import Any

import numpy as np

from diffcompile import dynamic
from diffcompile.analysis.infer.arithmetic import BOOL, COMPLEX, FLOAT, INT
from diffcompile.analysis.infer.operands import array_of, dtype_of, is_numeric, promote, scalar_of
from diffcompile.analysis.infer.sizes import dim_scalar
from diffcompile.analysis.infer.table import (
    TABLE,
    Rule,
    constant,
    given_dtype,
    is_none,
    rule,
    spread,
    unknown,
)
from diffcompile.analysis.types import (
    ANY,
    NUMBER,
    RANGE,
    STRING,
    Array,
    Cell,
    Lst,
    Scalar,
    SliceOf,
    Static,
    Tup,
    Type,
    join,
    plain,
)
from diffcompile.ir.core import Prim


def always(t: Type) -> Rule:
    """Return the rule of callees whose results are all of one type."""

    def found(*_: Type, **__: Type) -> Type:
        return t

    return found


rule(
    operator.not_, operator.is_, operator.is_not, operator.contains, operator.truth, builtins.isinstance,
    builtins.issubclass, builtins.callable, builtins.hasattr, builtins.bool, np.allclose, np.array_equal,
    np.array_equiv, np.iterable, np.shares_memory, np.may_share_memory, np.can_cast, np.issubdtype,
    math.isnan, math.isinf, math.isfinite, math.isclose, cmath.isnan, cmath.isinf, cmath.isfinite, cmath.isclose,
)(always(BOOL))  # fmt: skip
rule(
    builtins.int, builtins.hash, builtins.id, operator.index, math.floor, math.ceil, math.trunc, math.factorial,
    math.comb, math.perm, math.gcd, math.lcm, math.isqrt,
)(always(INT))  # fmt: skip
rule(builtins.complex)(always(COMPLEX))
rule(
    builtins.str, builtins.repr, builtins.format, builtins.ascii, Prim.FORMAT, np.array2string, np.array_repr,
    np.array_str, str.join, str.format, np.format_float_positional, np.format_float_scientific,
)(always(STRING))  # fmt: skip
rule(builtins.range)(always(RANGE))
for _name, _function in vars(math).items():
    if callable(_function) and _function not in TABLE and not _name.startswith("_"):
        rule(_function)(always(FLOAT))
rule(builtins.float, *filter(None, [getattr(statistics, "_normal_dist_inv_cdf", None)]))(always(FLOAT))
rule(math.modf)(always(Tup((FLOAT, FLOAT))))
rule(math.frexp)(always(Tup((FLOAT, INT))))


@rule(math.prod)
def _prod(iterable: Type, *, start: Type | None = None) -> Type:
    items = (
        iterable.items
        if isinstance(iterable, Tup)
        else (iterable.item,)
        if isinstance(iterable, Lst)
        else None
    )
    if items is None or not all(isinstance(plain(t), Scalar) for t in (*items, *([start] if start else []))):
        raise unknown()
    kinds = [t.kind for t in map(plain, (*items, *([start] if start else []))) if isinstance(t, Scalar)]
    return Scalar("c" if "c" in kinds else "f", "?")


@rule(builtins.slice)
def _slice(*parts: Type) -> Type:
    none = Static(None)
    if len(parts) == 1:
        return SliceOf((none, parts[0], none))
    return SliceOf((*parts, *(none,) * (3 - len(parts))))


@rule(bisect.bisect_left, bisect.bisect_right)
def _place(*args: Type, **keywords: Type) -> Type:
    return INT


@rule(builtins.len)
def _len(x: Type) -> Type:
    if isinstance(x, Tup):
        return Static(len(x.items))
    if isinstance(x, Static) and isinstance(x.value, str):
        return Static(len(x.value))
    if isinstance(x, Array) and x.dims:
        return dim_scalar(x.dims[0])
    return INT


@rule(builtins.round)
def _round(number: Type, ndigits: Type | None = None) -> Type:
    t = plain(number)
    if not isinstance(t, Scalar):
        raise unknown()
    if is_none(ndigits):
        return INT
    if t.kind == "b":
        return INT if t.dtype is None else ANY
    return t if t.dtype != "?" or t.kind != "i" else Scalar("i", "?")


@rule(builtins.min, builtins.max)
def _extremum(*items: Type, **keywords: Type) -> Type:
    if keywords:
        raise unknown()
    if len(items) == 1:
        first = items[0]
        if isinstance(first, Lst) and isinstance(plain(first.item), Scalar):
            return plain(first.item)
        if not isinstance(first, Tup):
            raise unknown()
        items = first.items
    result = plain(items[0])
    for item in items:
        result = join(result, plain(item))
    if not isinstance(result, Scalar):
        raise unknown()
    return Scalar(result.kind, result.dtype)


@rule(Prim.TUPLE)
def _tuple(*items: Type) -> Type:
    return Tup(items)


# -- casts --------------------------------------------------------------------------------------------------


def _cast_to(cls: Any) -> Rule:
    dtype = np.dtype(cls)

    def cast(x: Type, *_: Type) -> Type:
        t = plain(x)
        if isinstance(t, Scalar):
            return scalar_of(dtype)
        if t in (NUMBER, ANY):
            return NUMBER
        array = array_of(t)
        if array.dims is None:
            return NUMBER
        return Array(dtype, array.dims) if array.dims else scalar_of(dtype)

    return cast


for _class in (
    np.float16, np.float32, np.float64, np.longdouble, np.complex64, np.complex128, np.clongdouble, np.bool_,
    np.int8, np.int16, np.int32, np.int64, np.intp, np.uint8, np.uint16, np.uint32, np.uint64,
):  # fmt: skip
    rule(_class)(_cast_to(_class))


@rule(np.ndarray.astype, np.astype)
def _astype(x: Type, dtype: Type, *_: Type, **__: Type) -> Type:
    target = given_dtype(dtype, np.dtype(float))
    x = plain(x)
    if isinstance(x, Array):
        return Array(target, x.dims)
    if isinstance(x, Scalar):
        return scalar_of(target)
    raise unknown()


@rule(np.ndarray.item)
def _item(x: Type, *_: Type) -> Type:
    x = plain(x)
    dtype = dtype_of(x)
    if not isinstance(x, Array | Scalar) or not is_numeric(x):
        raise unknown()
    if not isinstance(dtype, np.dtype):
        return Scalar("c" if isinstance(x, Array) else x.kind, "?")
    if dtype.name in ("longdouble", "clongdouble", "float128", "complex256", "float96", "complex192"):
        return scalar_of(dtype)
    return Scalar("i" if dtype.kind == "u" else dtype.kind)


@rule(np.ndarray.view)
def _view(x: Type, dtype: Type | None = None, *_: Type) -> Type:
    if not is_none(dtype) or not isinstance(x, Array):
        raise unknown()
    return x


@rule(np.dtype)
def _dtype(dtype: Type) -> Type:
    return Static(np.dtype(constant(dtype)))


@rule(np.result_type, np.promote_types)
def _result_type(*given: Type) -> Type:
    operands = [Array(np.dtype(t.value), ()) if _names_dtype(t) else t for t in given]  # type: ignore[attr-defined]
    found = promote(*operands)
    if found is None or not all(map(is_numeric, operands)):
        raise unknown()
    return Static(found)


def _names_dtype(t: Type) -> bool:
    return isinstance(t, Static) and isinstance(t.value, type | np.dtype | str)


@rule(np.finfo)
def _float_limits(dtype: Type) -> Type:
    return Static(np.finfo(constant(dtype)))


@rule(np.iinfo)
def _integer_limits(type: Type) -> Type:
    return Static(np.iinfo(constant(type)))


@rule(dynamic.stop_gradient)
def _same(x: Type) -> Type:
    return x


def _is_complex(t: Type) -> bool | None:
    """Tell whether a number is complex; None if its type does not say so."""
    found = dtype_of(t)
    scalar = plain(t)
    if found is None:
        return False if isinstance(scalar, Scalar) and scalar.kind != "c" else None
    if not isinstance(found, np.dtype):
        return bool(found is complex)
    return found.kind == "c" if found.kind in "biufc" else None


@rule(np.iscomplexobj)
def _iscomplexobj(x: Type) -> Type:
    known = _is_complex(x)
    return BOOL if known is None else Static(known)


@rule(np.isrealobj)
def _isrealobj(x: Type) -> Type:
    known = _is_complex(x)
    return BOOL if known is None else Static(not known)


@rule(dynamic.ascending, dynamic.positions, dynamic.descending_positions)
def _list_of_positions(*_: Type) -> Type:
    return Lst(Cell(Scalar("i")))


@rule(
    dynamic.extreme_position, dynamic.insertion_place, dynamic.place_from_start, dynamic.shortest,
    list.index, list.count, tuple.index, tuple.count,
)  # fmt: skip
def _position(*_: Type) -> Type:
    return Scalar("i")


@rule(dynamic.contiguous)
def _start_and_count(*_: Type) -> Type:
    return Tup((Scalar("i"), Scalar("i")))


@rule(dynamic.index_sets)
def _index_tuples(kind: Type, sizes: Type, count: Type) -> Type:
    known = spread(sizes)
    if not isinstance(known, Tup):
        raise unknown()
    width = constant(count) * (len(known.items) if constant(kind) == "product" else 1)
    return Lst(Cell(Tup((Scalar("i"),) * width)))


@rule(np.isscalar)
def _isscalar(x: Type) -> Type:
    found = plain(x)
    if isinstance(found, Scalar):
        return Static(True)
    return Static(False) if isinstance(found, Lst | Tup) or (isinstance(found, Array) and found.dims) else BOOL
