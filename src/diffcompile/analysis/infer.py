"""What an operation returns, from the types of its operands: one small function a kind of callee.

A callee that is not in the table returns ``ANY``, which is always right.
"""

from __future__ import annotations

import builtins
import math
import operator
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from diffcompile.analysis.types import (
    ANY,
    BOTTOM,
    NUMBER,
    ONE,
    RANGE,
    SLICE,
    STRING,
    UNKNOWN_DIM,
    Array,
    Dct,
    Dim,
    Lst,
    Obj,
    Scalar,
    Static,
    Tup,
    Type,
    is_number,
    join,
    plain,
    same_dim,
)
from diffcompile.ir.core import Prim
from diffcompile.rules import registry

Kw = Mapping[str, Type]
Rule = Callable[..., Type]
INT, FLOAT, BOOL = Scalar("i"), Scalar("f"), Scalar("b")
FLOAT64 = Scalar("f", "float64")
_TABLE: dict[Any, Rule] = {}


def infer(callee: Any, types: list[Type], keywords: Kw) -> Type:
    """Return the type of ``callee(*types, **keywords)``."""
    try:
        rule = _TABLE.get(callee)
    except TypeError:
        return ANY
    if rule is None and callee in registry.ELEMENTWISE:
        rule = _elementwise
    if rule is None:
        return ANY
    if any(t is BOTTOM for t in types):
        return ANY
    try:
        return rule(*types, **keywords)
    except TypeError:  # an argument form that the type rule does not know
        return ANY


def _register(*callees: Any) -> Callable[[Rule], Rule]:
    def add(rule: Rule) -> Rule:
        for callee in callees:
            _TABLE[callee] = rule
        return rule

    return add


def constant(t: Type | None, default: Any = None) -> Any:
    """Return the object behind a static type; ``default`` for an argument that was not given; else raise TypeError."""
    if t is None:
        return default
    if isinstance(t, Static):
        return t.value
    if isinstance(t, Tup):
        return tuple(constant(item) for item in t.items)
    raise TypeError("not known at compile time")


# -- numbers --------------------------------------------------------------------------------------------------------


def dtype_of(t: Type) -> Any:
    """Return what NumPy's promotion takes for ``t``: a dtype, a Python type (weak), or None if unknown."""
    t = plain(t)
    if isinstance(t, Array):
        return t.dtype
    if isinstance(t, Scalar):
        if t.dtype == "?":
            return None
        return np.dtype(t.dtype) if t.dtype else {"b": bool, "i": int, "f": float, "c": complex}[t.kind]
    return None


_WEAK = {bool: np.dtype(bool), int: 0, float: 0.0, complex: 0j}


def promote(*types: Type, floating: bool = False) -> np.dtype[Any] | None:
    """Return the dtype that NumPy 2 gives to an operation on these types."""
    found = [dtype_of(t) for t in types]
    if any(dtype is None for dtype in found):
        return None
    result = np.result_type(*(_WEAK[dtype] if isinstance(dtype, type) else dtype for dtype in found))
    if floating and result.kind in "bui":
        return np.result_type(result, np.float16 if result.itemsize == 1 else np.float64)
    return result


def _scalar(dtype: np.dtype[Any] | None) -> Type:
    if dtype is None:
        return Scalar("f", "?")
    kind = {"u": "i"}.get(dtype.kind, dtype.kind)
    return Scalar(kind, dtype.name) if kind in "bifc" else ANY


def broadcast_dims(*types: Type) -> tuple[Dim, ...] | None:
    """Return the axes of the broadcast of these numbers, or None if a rank is unknown."""
    result: tuple[Dim, ...] = ()
    for t in map(plain, types):
        if isinstance(t, Scalar):
            continue
        if not isinstance(t, Array) or t.dims is None:
            return None
        rank = max(len(result), len(t.dims))
        left = (ONE,) * (rank - len(result)) + result
        right = (ONE,) * (rank - len(t.dims)) + t.dims
        result = tuple(map(_broadcast_dim, left, right))
    return result


def _broadcast_dim(left: Dim, right: Dim) -> Dim:
    if left == ONE or same_dim(left, right):
        return right
    if right == ONE or left.not_one:
        return left
    if right.not_one:
        return right
    return Dim(("broadcast", left.key, right.key)) if left.key and right.key else UNKNOWN_DIM


def fits_without_sum(operand: Type, result: Type) -> bool:
    """Tell whether a cotangent of ``result`` surely has the shape of ``operand``, an operand that was broadcast."""
    operand, result = plain(operand), plain(result)
    if isinstance(operand, Scalar):
        return isinstance(result, Scalar)
    if not isinstance(operand, Array) or not isinstance(result, Array) or operand.dims is None or result.dims is None:
        return False
    if len(operand.dims) != len(result.dims):
        return False
    return all(same_dim(mine, theirs) or mine.not_one for mine, theirs in zip(operand.dims, result.dims, strict=True))


def same_shape(left: Type, right: Type) -> bool:
    """Tell whether two values surely have the same shape."""
    left, right = plain(left), plain(right)
    if isinstance(left, Scalar) and isinstance(right, Scalar):
        return True
    if not isinstance(left, Array) or not isinstance(right, Array) or left.dims is None or right.dims is None:
        return False
    return len(left.dims) == len(right.dims) and all(map(same_dim, left.dims, right.dims))


def _number(dtype: np.dtype[Any] | None, *operands: Type) -> Type:
    """Return the type of an elementwise result."""
    if not all(is_number(t) or isinstance(t, Tup | Lst) for t in operands):
        return ANY
    if any(isinstance(t, Tup | Lst) for t in operands):
        return NUMBER
    if all(isinstance(plain(t), Scalar) for t in operands):
        if dtype is None:
            return Scalar(max((plain(t).kind for t in operands), key="bifc".index), "?")  # type: ignore[attr-defined]
        return _scalar(dtype)
    dims = broadcast_dims(*operands)
    if any(isinstance(t, Array) and t.dims is not None and len(t.dims) for t in operands) and dims is None:
        return Array(dtype, None)
    if dims is None:
        return NUMBER
    return Array(dtype, dims) if dims else _scalar(dtype)  # NumPy turns 0-d results into scalars


def _python_scalars(*types: Type) -> bool:
    return all(isinstance(plain(t), Scalar) and plain(t).dtype is None for t in types)  # type: ignore[attr-defined]


@_register(operator.add, operator.sub, operator.mul, operator.floordiv, operator.mod)
def _arithmetic(x: Type, y: Type) -> Type:
    left, right = plain(x), plain(y)
    if left is STRING or right is STRING:
        return STRING
    if _python_scalars(x, y):
        kind = max(left.kind, right.kind, "i", key="bifc".index)  # type: ignore[attr-defined]
        return Scalar(kind)
    return _number(promote(x, y), x, y)


@_register(operator.add)
def _add(x: Type, y: Type) -> Type:
    if isinstance(x, Tup) and isinstance(y, Tup):
        return Tup(x.items + y.items)
    if isinstance(x, Lst) and isinstance(y, Lst):
        x.cell.merge(y.cell)
        return x
    return _shift(_arithmetic(x, y), x, y, 1)


@_register(operator.sub)
def _subtract(x: Type, y: Type) -> Type:
    return _shift(_arithmetic(x, y), x, y, -1)


@_register(operator.mul)
def _multiply(x: Type, y: Type) -> Type:
    for container, count in ((x, y), (y, x)):
        if isinstance(container, Lst) and isinstance(plain(count), Scalar):
            return container
        if isinstance(container, Tup) and isinstance(plain(count), Scalar):
            times = count.value if isinstance(count, Static) else None
            return Tup(container.items * times) if times is not None else ANY
    return _arithmetic(x, y)


def _shift(result: Type, x: Type, y: Type, sign: int) -> Type:
    """Keep track of ``n + 1`` and ``n - 1`` as sizes."""
    if isinstance(result, Scalar) and result.kind == "i" and isinstance(y, Static) and isinstance(y.value, int):
        symbol = getattr(plain(x), "symbol", None)
        if symbol is not None:
            return Scalar("i", result.dtype, offset_key(symbol, sign * y.value))
    return result


def offset_key(key: Any, offset: int) -> Any:
    """Return the key of an axis that is longer than ``key`` by ``offset``."""
    if isinstance(key, int):
        return key + offset
    if isinstance(key, tuple) and key and key[0] == "offset":
        key, offset = key[1], key[2] + offset
    return key if offset == 0 else ("offset", key, offset)


@_register(operator.truediv)
def _divide(x: Type, y: Type) -> Type:
    if _python_scalars(x, y):
        return Scalar("c" if "c" in (plain(x).kind, plain(y).kind) else "f")  # type: ignore[attr-defined]
    return _number(promote(x, y, floating=True), x, y)


@_register(operator.pow)
def _power(x: Type, y: Type) -> Type:
    left, right = plain(x), plain(y)
    if _python_scalars(x, y):
        if left.kind in "bi" and right.kind in "bi":  # type: ignore[attr-defined]
            return INT if isinstance(y, Static) and y.value >= 0 else Scalar("f", "?")
        return Scalar(max(left.kind, right.kind, key="bifc".index))  # type: ignore[attr-defined]
    return _number(promote(x, y), x, y)


@_register(operator.neg, operator.pos, operator.abs, builtins.abs)
def _unary(x: Type) -> Type:
    if isinstance(x, Static) and x.value is None:
        return ANY
    t = plain(x)
    if isinstance(t, Scalar) and t.dtype is None:
        return Scalar("i" if t.kind == "b" else t.kind)
    return t if is_number(t) else ANY


@_register(operator.abs, builtins.abs, np.abs)
def _absolute(x: Type) -> Type:
    result = _unary(x)
    if isinstance(result, Scalar) and result.kind == "c":
        return Scalar("f", result.dtype)
    if isinstance(result, Array) and (result.dtype is None or result.dtype.kind == "c"):
        real = None if result.dtype is None else np.zeros(0, result.dtype).real.dtype
        return Array(real, result.dims)
    return result


@_register(operator.lt, operator.le, operator.gt, operator.ge, operator.eq, operator.ne)
def _compare(x: Type, y: Type) -> Type:
    if not (is_number(x) and is_number(y)):
        known = (STRING, RANGE, SLICE)
        return BOOL if any(isinstance(t, Static) or t in known for t in (x, y)) and not (is_number(x) or is_number(y)) else ANY
    if _python_scalars(x, y):
        return BOOL
    return _number(np.dtype(bool), x, y)


@_register(
    np.less, np.less_equal, np.greater, np.greater_equal, np.equal, np.not_equal, np.isfinite, np.isnan, np.isinf,
    np.logical_and, np.logical_or, np.logical_not, np.logical_xor, np.signbit, np.isclose,
)  # fmt: skip
def _predicate(*operands: Type, **_: Type) -> Type:
    return _number(np.dtype(bool), *operands[:2])


@_register(operator.and_, operator.or_, operator.xor, operator.lshift, operator.rshift, operator.invert)
def _bits(*operands: Type) -> Type:
    return _arithmetic(operands[0], operands[-1])


@_register(
    operator.not_, operator.is_, operator.is_not, operator.contains, builtins.isinstance, builtins.callable,
    builtins.hasattr, builtins.bool, np.allclose, np.array_equal, np.isscalar, np.shares_memory,
    np.may_share_memory, math.isnan, math.isinf, math.isfinite, math.isclose, np.iscomplexobj, np.isrealobj,
)  # fmt: skip
def _boolean(*_: Type, **__: Type) -> Type:
    return BOOL


@_register(np.any, np.all)
def _any_all(a: Type, axis: Type | None = None, out: Type | None = None, keepdims: Type | None = None) -> Type:
    return _reduce_to(np.dtype(bool), a, axis, keepdims)


def _elementwise(*operands: Type, **keywords: Type) -> Type:
    """A ufunc with a derivative: floating result, broadcast of its operands."""
    if any(name not in ("dtype",) for name in keywords):
        return NUMBER if all(map(is_number, operands)) else ANY
    dtype = promote(*operands, floating=True)
    if "dtype" in keywords:
        dtype = np.dtype(constant(keywords["dtype"]))
    return _number(dtype, *operands)


@_register(
    np.add, np.subtract, np.multiply, np.maximum, np.minimum, np.fmax, np.fmin, np.square, np.negative, np.positive,
    np.sign, np.mod, np.fmod, np.floor_divide, np.clip, np.conjugate,
)  # fmt: skip
def _keeps_integers(*operands: Type, **keywords: Type) -> Type:
    if keywords:
        return NUMBER if all(map(is_number, operands)) else ANY
    operands = tuple(t for t in operands if not (isinstance(t, Static) and t.value is None))
    return _number(promote(*operands), *operands)


@_register(np.where)
def _where(condition: Type, x: Type | None = None, y: Type | None = None) -> Type:
    if x is None or y is None:
        return ANY
    result = _number(promote(x, y), condition, x, y)
    return Array(promote(x, y), ()) if isinstance(result, Scalar) else result


@_register(float, operator.truediv.__class__ if False else math.fsum)
def _float(*_: Type) -> Type:
    return FLOAT


@_register(builtins.int, builtins.len, builtins.round.__class__ if False else math.floor, math.ceil, math.trunc, builtins.hash,
           builtins.id, operator.index, math.factorial, math.comb, math.gcd)  # fmt: skip
def _int(*_: Type) -> Type:
    return INT


@_register(builtins.len)
def _len(x: Type) -> Type:
    if isinstance(x, Tup):
        return Static(len(x.items))
    if isinstance(x, Static) and isinstance(x.value, str | tuple):
        return Static(len(x.value))
    if isinstance(x, Array) and x.dims:
        return _dim_scalar(x.dims[0])
    return INT


@_register(builtins.round)
def _round(x: Type, ndigits: Type | None = None) -> Type:
    t = plain(x)
    if isinstance(t, Scalar):
        return INT if ndigits is None else t
    return ANY


@_register(builtins.complex)
def _complex(*_: Type) -> Type:
    return Scalar("c")


for _name in dir(math):
    _function = getattr(math, _name)
    if callable(_function) and _function not in _TABLE and not _name.startswith("_"):
        _TABLE[_function] = _float
_TABLE[math.frexp] = _TABLE[math.modf] = lambda *_: ANY


@_register(builtins.str, builtins.repr, builtins.format, Prim.FORMAT)
def _string(*_: Type, **__: Type) -> Type:
    return STRING


@_register(builtins.range)
def _range(*_: Type) -> Type:
    return RANGE


@_register(builtins.slice)
def _slice(*_: Type) -> Type:
    return SLICE


@_register(np.float64, np.double)
def _float64(x: Type) -> Type:
    return FLOAT64 if isinstance(plain(x), Scalar) else _cast(x, Static(np.float64))


@_register(np.float32)
def _float32(x: Type) -> Type:
    return Scalar("f", "float32") if isinstance(plain(x), Scalar) else _cast(x, Static(np.float32))


# -- shapes ---------------------------------------------------------------------------------------------------------


def _dim_scalar(dim: Dim) -> Type:
    if isinstance(dim.key, int):
        return Static(dim.key)
    return Scalar("i", None, dim.key)


def dim_of(t: Type) -> Dim:
    """Return the axis whose length is the integer ``t``."""
    if isinstance(t, Static) and isinstance(t.value, int | np.integer):
        return ONE if t.value == 1 else Dim(int(t.value), t.value >= 0)
    symbol = getattr(t, "symbol", None)
    return Dim(symbol) if symbol is not None else UNKNOWN_DIM


def _shape(t: Type | None) -> tuple[Dim, ...] | None:
    """Return the axes that a shape argument asks for, or None."""
    if t is None:
        return None
    if isinstance(t, Tup):
        return tuple(map(dim_of, t.items))
    if isinstance(t, Static) and isinstance(t.value, tuple):
        return tuple(dim_of(Static(size)) for size in t.value)
    if isinstance(plain(t), Scalar):
        return (dim_of(t),)
    return None


def shape_type(t: Type) -> Type:
    """Return the type of ``np.shape(x)``."""
    t = plain(t)
    if isinstance(t, Scalar):
        return Tup(())
    if isinstance(t, Array) and t.dims is not None:
        return Tup(tuple(map(_dim_scalar, t.dims)))
    return ANY


_TABLE[np.shape] = shape_type


@_register(np.ndim)
def _ndim(x: Type) -> Type:
    if isinstance(plain(x), Scalar):
        return Static(0)
    return Static(x.rank) if isinstance(x, Array) and x.rank is not None else INT


@_register(np.size)
def _size(x: Type, axis: Type | None = None) -> Type:
    if isinstance(plain(x), Scalar):
        return Static(1)
    if isinstance(x, Array) and x.dims is not None:
        if axis is not None:
            return _dim_scalar(x.dims[constant(axis)])
        if len(x.dims) == 1:
            return _dim_scalar(x.dims[0])
    return INT


def _given_dtype(t: Type | None, default: np.dtype[Any] | None) -> np.dtype[Any] | None:
    if t is None or (isinstance(t, Static) and t.value is None):
        return default
    return np.dtype(t.value) if isinstance(t, Static) else None


@_register(np.zeros, np.ones, np.empty)
def _allocate(shape: Type, dtype: Type | None = None, order: Type | None = None) -> Type:
    return Array(_given_dtype(dtype, np.dtype(float)), _shape(shape))


@_register(np.full)
def _full(shape: Type, fill_value: Type, dtype: Type | None = None, order: Type | None = None) -> Type:
    default = promote(fill_value) if is_number(fill_value) else None
    return Array(_given_dtype(dtype, default), _shape(shape))


@_register(np.zeros_like, np.ones_like, np.empty_like, np.full_like)
def _like(x: Type, *fill: Type, dtype: Type | None = None, shape: Type | None = None, **_: Type) -> Type:
    x = plain(x)
    if shape is not None:
        return Array(_given_dtype(dtype, getattr(x, "dtype", None)), _shape(shape))
    if isinstance(x, Array):
        return Array(_given_dtype(dtype, x.dtype), x.dims)
    if isinstance(x, Scalar):
        return Array(_given_dtype(dtype, promote(x)), ())
    return Array(None, None)


@_register(np.array, np.asarray, np.ascontiguousarray, np.asfortranarray, np.copy, np.asanyarray)
def _as_array(x: Type, dtype: Type | None = None, **_: Type) -> Type:
    x = plain(x)
    if isinstance(x, Array):
        return Array(_given_dtype(dtype, x.dtype), x.dims)
    if isinstance(x, Scalar):
        return Array(_given_dtype(dtype, promote(x)), ())
    if isinstance(x, Tup):
        if not all(isinstance(plain(item), Scalar) for item in x.items):
            return Array(_given_dtype(dtype, None), None)
        return Array(_given_dtype(dtype, promote(*x.items) if x.items else np.dtype(float)), (dim_of(Static(len(x.items))),))
    if isinstance(x, Lst):
        item = plain(x.item)
        if isinstance(item, Scalar):
            return Array(_given_dtype(dtype, promote(item)), (UNKNOWN_DIM,))
        if isinstance(item, Array) and item.dims is not None:
            return Array(_given_dtype(dtype, item.dtype), (UNKNOWN_DIM, *(Dim(None, d.not_one) for d in item.dims)))
    return Array(_given_dtype(dtype, None), None)


def _cast(x: Type, dtype: Type, *_: Type, **__: Type) -> Type:
    x = plain(x)
    target = _given_dtype(dtype, None)
    if isinstance(x, Array):
        return Array(target, x.dims)
    return _scalar(target) if isinstance(x, Scalar) else Array(target, None)


_TABLE[np.ndarray.astype] = _cast
_TABLE[np.astype] = _cast
_TABLE[np.ndarray.copy] = _as_array
_TABLE[np.ndarray.tolist] = lambda *_: ANY
_TABLE[np.ndarray.item] = lambda x, *_: Scalar(
    {"u": "i"}.get(x.dtype.kind, x.dtype.kind) if isinstance(x, Array) and x.dtype else "f"
)


@_register(np.arange)
def _arange(start: Type, stop: Type | None = None, step: Type | None = None, dtype: Type | None = None) -> Type:
    given = [t for t in (start, stop, step) if t is not None]
    default = promote(*given) if all(isinstance(plain(t), Scalar) for t in given) else None
    dim = dim_of(start) if stop is None and step is None else UNKNOWN_DIM
    return Array(_given_dtype(dtype, default), (dim,))


@_register(np.linspace)
def _linspace(start: Type, stop: Type, num: Type | None = None, *_: Type, **keywords: Type) -> Type:
    if keywords.get("retstep") or not (isinstance(plain(start), Scalar) and isinstance(plain(stop), Scalar)):
        return ANY
    return Array(_given_dtype(keywords.get("dtype"), np.dtype(float)), (dim_of(num or Static(50)),))


@_register(np.eye, np.identity)
def _eye(n: Type, m: Type | None = None, k: Type | None = None, dtype: Type | None = None, **_: Type) -> Type:
    return Array(_given_dtype(dtype, np.dtype(float)), (dim_of(n), dim_of(m or n)))


def _axes(axis: Type | None, rank: int) -> tuple[int, ...]:
    """Return the non-negative axes that an ``axis`` argument names; raises TypeError if unknown."""
    value = constant(axis)
    if value is None:
        return tuple(range(rank))
    return tuple(int(number) % rank for number in (value if isinstance(value, tuple) else (value,)))


def _reduce_to(dtype: np.dtype[Any] | None, x: Type, axis: Type | None, keepdims: Type | None) -> Type:
    x = plain(x)
    if isinstance(x, Scalar):
        return _scalar(dtype)
    whole = axis is None or (isinstance(axis, Static) and axis.value is None)
    if whole and keepdims is None:
        return _scalar(dtype)
    if not isinstance(x, Array) or x.dims is None or not x.dims:
        return NUMBER if is_number(x) or isinstance(x, Lst) else ANY
    try:
        axes = _axes(axis, len(x.dims))
        kept = bool(constant(keepdims, False))
    except (TypeError, ZeroDivisionError):
        return NUMBER
    if kept:
        return Array(dtype, tuple(ONE if number in axes else dim for number, dim in enumerate(x.dims)))
    dims = tuple(dim for number, dim in enumerate(x.dims) if number not in axes)
    return Array(dtype, dims) if dims else _scalar(dtype)


def _reduction(floating: bool) -> Rule:
    def rule(
        a: Type,
        axis: Type | None = None,
        dtype: Type | None = None,
        out: Type | None = None,
        keepdims: Type | None = None,
        **_: Type,
    ) -> Type:
        return _reduce_to(_given_dtype(dtype, promote(a, floating=floating) if is_number(a) else None), a, axis, keepdims)

    return rule


_TABLE[np.sum] = _TABLE[np.prod] = _TABLE[np.nansum] = _reduction(False)
_TABLE[np.mean] = _TABLE[np.nanmean] = _reduction(True)


@_register(np.var, np.std)
def _variance(a: Type, axis: Type | None = None, dtype: Type | None = None, out: Type | None = None,
              ddof: Type | None = None, keepdims: Type | None = None, **_: Type) -> Type:  # fmt: skip
    return _reduce_to(_given_dtype(dtype, promote(a, floating=True) if is_number(a) else None), a, axis, keepdims)


@_register(np.max, np.min)
def _extremum(a: Type, axis: Type | None = None, out: Type | None = None, keepdims: Type | None = None, **_: Type) -> Type:
    return _reduce_to(promote(a) if is_number(a) else None, a, axis, keepdims)


@_register(np.argmax, np.argmin, np.count_nonzero)
def _arg_extremum(a: Type, axis: Type | None = None, out: Type | None = None, keepdims: Type | None = None) -> Type:
    return _reduce_to(np.dtype(int), a, axis, keepdims)


@_register(np.linalg.norm)
def _norm(x: Type, ord: Type | None = None, axis: Type | None = None, keepdims: Type | None = None) -> Type:
    return _reduce_to(promote(x, floating=True) if is_number(x) else None, x, axis, keepdims)


@_register(np.cumsum, np.cumprod)
def _cumulative(a: Type, axis: Type | None = None, *_: Type, **__: Type) -> Type:
    if axis is None:
        rank1 = isinstance(a, Array) and a.rank == 1
        return Array(promote(a) if is_number(a) else None, a.dims if rank1 else (UNKNOWN_DIM,))  # type: ignore[attr-defined]
    return Array(promote(a), a.dims) if isinstance(a, Array) else Array(None, None)


@_register(operator.matmul, np.matmul, np.dot)
def _matmul(x: Type, y: Type) -> Type:
    left, right = plain(x), plain(y)
    dtype = promote(x, y) if is_number(x) and is_number(y) else None
    if isinstance(left, Scalar) or isinstance(right, Scalar):
        return _number(dtype, x, y)
    if not isinstance(left, Array) or not isinstance(right, Array) or left.dims is None or right.dims is None:
        return NUMBER if is_number(x) and is_number(y) else ANY
    if not left.dims or not right.dims:
        return _number(dtype, x, y)
    match len(left.dims), len(right.dims):
        case 1, 1:
            return _scalar(dtype)
        case 2, 2:
            return Array(dtype, (left.dims[0], right.dims[1]))
        case 2, 1:
            return Array(dtype, (left.dims[0],))
        case 1, 2:
            return Array(dtype, (right.dims[1],))
    return Array(dtype, None)


@_register(np.outer)
def _outer(a: Type, b: Type) -> Type:
    dims = [t.dims[0] if isinstance(t, Array) and t.dims and len(t.dims) == 1 else UNKNOWN_DIM for t in (a, b)]
    return Array(promote(a, b) if is_number(a) and is_number(b) else None, tuple(dims))


@_register(np.vdot)
def _vdot(a: Type, b: Type) -> Type:
    return _scalar(promote(a, b))


@_register(np.trace)
def _trace(a: Type) -> Type:
    return _scalar(promote(a)) if isinstance(a, Array) and a.rank == 2 else NUMBER


@_register(np.transpose, np.permute_dims)
def _transpose(a: Type, axes: Type | None = None) -> Type:
    a = plain(a)
    if isinstance(a, Scalar):
        return Array(promote(a), ())
    if not isinstance(a, Array) or a.dims is None:
        return Array(getattr(a, "dtype", None), None)
    order = constant(axes)
    return Array(a.dtype, tuple(reversed(a.dims)) if order is None else tuple(a.dims[number] for number in order))


@_register(np.reshape)
def _reshape(a: Type, shape: Type, order: Type | None = None, **_: Type) -> Type:
    dims = _shape(shape)
    if dims is not None:
        dims = tuple(UNKNOWN_DIM if dim.key == -1 else dim for dim in dims)
    return Array(promote(a) if is_number(a) else None, dims)


@_register(np.ravel, np.ndarray.flatten)
def _ravel(a: Type, *_: Type, **__: Type) -> Type:
    rank1 = isinstance(a, Array) and a.rank == 1
    return Array(promote(a) if is_number(a) else None, a.dims if rank1 else (UNKNOWN_DIM,))  # type: ignore[attr-defined]


@_register(np.expand_dims)
def _expand_dims(a: Type, axis: Type) -> Type:
    a = plain(a)
    value = constant(axis)
    dims = a.dims if isinstance(a, Array) else () if isinstance(a, Scalar) else None
    if dims is None or isinstance(value, tuple):
        return Array(promote(a) if is_number(a) else None, None)
    position = value % (len(dims) + 1)
    return Array(promote(a), (*dims[:position], ONE, *dims[position:]))


@_register(np.broadcast_to)
def _broadcast_to(a: Type, shape: Type, **_: Type) -> Type:
    return Array(promote(a) if is_number(a) else None, _shape(shape))


@_register(np.swapaxes)
def _swapaxes(a: Type, axis1: Type, axis2: Type) -> Type:
    if not isinstance(a, Array) or a.dims is None:
        return Array(getattr(a, "dtype", None), None)
    order = list(range(len(a.dims)))
    first, second = constant(axis1), constant(axis2)
    order[first], order[second] = order[second], order[first]
    return Array(a.dtype, tuple(a.dims[number] for number in order))


@_register(np.flip, np.sort, np.roll, np.triu, np.tril, np.flipud, np.fliplr)
def _same(a: Type, *_: Type, **__: Type) -> Type:
    return a if isinstance(a, Array) else Array(None, None)


@_register(np.diagonal)
def _diagonal(a: Type, *_: Type, **__: Type) -> Type:
    return Array(a.dtype, (UNKNOWN_DIM,)) if isinstance(a, Array) and a.rank == 2 else Array(getattr(a, "dtype", None), None)


@_register(np.diag)
def _diag(v: Type, *_: Type, **__: Type) -> Type:
    if isinstance(v, Array) and v.rank in (1, 2):
        return Array(v.dtype, (UNKNOWN_DIM,) if v.rank == 2 else (UNKNOWN_DIM, UNKNOWN_DIM))
    return Array(getattr(v, "dtype", None), None)


def _parts(arrays: Type) -> list[Type] | None:
    if isinstance(arrays, Tup):
        return list(arrays.items)
    if isinstance(arrays, Lst) and isinstance(arrays.item, Array):
        return [arrays.item]
    return None


@_register(np.concatenate)
def _concatenate(arrays: Type, axis: Type | None = None, **_: Type) -> Type:
    parts = _parts(arrays)
    if parts is None or not all(isinstance(part, Array) and part.dims is not None for part in parts) or not parts:
        return Array(None, None)
    first = parts[0]
    assert isinstance(first, Array) and first.dims is not None
    number = constant(axis, 0)
    dtype = promote(*parts)
    if number is None:
        return Array(dtype, (UNKNOWN_DIM,))
    dims = list(forget for forget in first.dims)
    dims[number] = UNKNOWN_DIM
    return Array(dtype, tuple(dims))


@_register(np.stack)
def _stack(arrays: Type, axis: Type | None = None, **_: Type) -> Type:
    parts = _parts(arrays)
    if parts is None or not parts:
        return Array(None, None)
    first = plain(parts[0])
    if not isinstance(first, Array | Scalar) or (isinstance(first, Array) and first.dims is None):
        return Array(None, None)
    dims = first.dims if isinstance(first, Array) else ()
    assert dims is not None
    number = constant(axis, 0) % (len(dims) + 1)
    count = Dim(len(parts), len(parts) != 1) if isinstance(arrays, Tup) else UNKNOWN_DIM
    return Array(promote(*parts), (*dims[:number], ONE if count.key == 1 else count, *dims[number:]))


@_register(np.linalg.inv, np.linalg.cholesky)
def _square(a: Type, **_: Type) -> Type:
    return a if isinstance(a, Array) else Array(None, None)


@_register(np.linalg.solve)
def _solve(a: Type, b: Type) -> Type:
    return Array(promote(a, b), b.dims) if isinstance(b, Array) and b.rank in (1, 2) and isinstance(a, Array) else Array(None, None)


@_register(np.linalg.det)
def _det(a: Type) -> Type:
    return _scalar(promote(a)) if isinstance(a, Array) and a.rank == 2 else NUMBER


@_register(np.linalg.slogdet)
def _slogdet(a: Type) -> Type:
    scalar = _det(a)
    return Tup((scalar, scalar))


@_register(np.einsum)
def _einsum(subscripts: Type, *operands: Type, **_: Type) -> Type:
    text = subscripts.value.replace(" ", "") if isinstance(subscripts, Static) and isinstance(subscripts.value, str) else ""
    if "->" not in text or "." in text:
        return NUMBER
    inputs, output = text.split("->")
    dtype = promote(*operands) if all(map(is_number, operands)) else None
    if not output:
        return _scalar(dtype)
    letters: dict[str, Dim] = {}
    for term, operand in zip(inputs.split(","), operands, strict=True):
        if isinstance(operand, Array) and operand.dims is not None and len(operand.dims) == len(term):
            letters.update({letter: dim for letter, dim in zip(term, operand.dims, strict=True) if dim != ONE})
    return Array(dtype, tuple(Dim(letters[c].key, letters[c].not_one) if c in letters else UNKNOWN_DIM for c in output))


# -- items and attributes -------------------------------------------------------------------------------------------


@_register(operator.getitem)
def getitem(base: Type, index: Type) -> Type:
    """Return the type of ``base[index]``."""
    if isinstance(index, Static) and isinstance(index.value, tuple):
        index = Tup(tuple(map(Static, index.value)))
    match base:
        case Array():
            return _array_item(base, index)
        case Tup():
            if isinstance(index, Static) and isinstance(index.value, int) and -len(base.items) <= index.value < len(base.items):
                return base.items[index.value]
            result: Type = BOTTOM
            for item in base.items:
                result = join(result, item)
            return result if isinstance(plain(index), Scalar) else ANY
        case Lst():
            return base if index is SLICE or isinstance(index, SliceOf) else base.item
        case Dct():
            return base.field(index.value) if isinstance(index, Static) else _any_field(base)
    if base is RANGE and isinstance(plain(index), Scalar):
        return INT
    if base is STRING or (isinstance(base, Static) and isinstance(base.value, str)):
        return STRING
    return ANY


def _any_field(base: Dct) -> Type:
    fields = base.cell.root().fields
    if fields is None:
        return base.cell.root().item
    result: Type = BOTTOM
    for item in fields.values():
        result = join(result, item)
    return result


class SliceOf(Type):
    """A slice whose parts are known symbols: the type of an index, not of a variable."""

    __slots__ = ("parts",)

    def __init__(self, parts: tuple[Type, ...]) -> None:
        self.parts = parts

    def __eq__(self, other: object) -> bool:
        return isinstance(other, SliceOf) and self.parts == other.parts

    def __hash__(self) -> int:
        return hash(SliceOf)

    def __repr__(self) -> str:
        return "slice"


_TABLE[builtins.slice] = lambda *parts: SliceOf(tuple(parts))


def _array_item(base: Array, index: Type) -> Type:
    parts = index.items if isinstance(index, Tup) else (index,)
    taken = index_result(base, parts)
    if taken is None:
        kinds = [plain(part) for part in parts]
        basic = all(isinstance(kind, Scalar | SliceOf) or kind is SLICE or isinstance(kind, Static) for kind in kinds)
        return NUMBER if base.dims is None and basic else NUMBER if not basic else Array(base.dtype, None)
    return Array(base.dtype, taken) if taken or any(_is_ellipsis(part) for part in parts) else _scalar(base.dtype)


def _is_ellipsis(part: Type) -> bool:
    return isinstance(part, Static) and part.value is Ellipsis


def index_result(base: Array, parts: tuple[Type, ...]) -> tuple[Dim, ...] | None:
    """Return the axes of ``base[parts]``, or None where they are not known."""
    if base.dims is None:
        return None
    consumed = sum(_consumes(part) for part in parts)
    if any(_consumes(part) < 0 for part in parts) or consumed > len(base.dims):
        return None
    if not any(_is_ellipsis(part) for part in parts):
        parts = (*parts, Static(Ellipsis))
    dims: list[Dim] = []
    arrays: list[tuple[Array, int]] = []
    axis = 0
    separated = False
    for part in parts:
        kind = plain(part)
        if _is_ellipsis(part):
            count = len(base.dims) - consumed
            dims += base.dims[axis : axis + count]
            axis += count
        elif isinstance(part, Static) and part.value is None:
            dims.append(ONE)
        elif isinstance(kind, Scalar) and kind.kind == "i":
            axis += 1
        elif isinstance(part, SliceOf):
            dims.append(_slice_dim(base.dims[axis], part))
            axis += 1
        elif part is SLICE:
            dims.append(UNKNOWN_DIM)
            axis += 1
        elif isinstance(part, Array) and part.dims is not None and part.dtype is not None:
            separated = separated or bool(arrays) and arrays[-1][1] != axis
            arrays.append((part, axis + _consumes(part)))
            if len(arrays) == 1:
                dims.append(Dim("fancy"))
            axis += _consumes(part)
        else:
            return None
    if not arrays:
        return tuple(dims)
    if separated or (len(arrays) > 1 and any(a.dtype is not None and a.dtype.kind == "b" for a, _ in arrays)):
        return None
    if any(isinstance(plain(part), Scalar) for part in parts):  # an integer beside an index array is one too
        return None
    first = arrays[0][0]
    taken = (UNKNOWN_DIM,) if first.dtype is not None and first.dtype.kind == "b" else broadcast_dims(*(a for a, _ in arrays))
    if taken is None:
        return None
    position = dims.index(Dim("fancy"))
    return (*dims[:position], *taken, *dims[position + 1 :])


def _consumes(part: Type) -> int:
    """Return how many axes an index takes; negative if unknown."""
    if isinstance(part, Static) and (part.value is None or part.value is Ellipsis):
        return 0
    kind = plain(part)
    if isinstance(part, SliceOf) or part is SLICE or (isinstance(kind, Scalar) and kind.kind == "i"):
        return 1
    if isinstance(part, Array) and part.dtype is not None and part.rank is not None:
        return part.rank if part.dtype.kind == "b" else 1
    return -100


def _slice_dim(dim: Dim, part: SliceOf) -> Dim:
    lower, upper, step = part.parts
    constants = [t.value for t in (lower, upper, step) if isinstance(t, Static)]
    if len(constants) == 3:
        low, high, stride = constants
        if low in (None, 0) and high is None and stride in (None, 1, -1):
            return dim
        if stride in (None, 1) and (low or 0) >= 0:
            if dim.key is None:
                return UNKNOWN_DIM
            if high is None or high < 0:
                offset = (high or 0) - (low or 0)
                if isinstance(dim.key, int):
                    return dim_of(Static(max(dim.key + offset, 0)))
                return Dim(offset_key(dim.key, offset))
        if dim.key is None:
            return UNKNOWN_DIM
        if isinstance(dim.key, int):
            return dim_of(Static(len(range(*slice(low, high, stride).indices(dim.key)))))
        return Dim(("slice", dim.key, low, high, stride))
    keys = []
    for t in (lower, upper, step):
        key = ("const", t.value) if isinstance(t, Static) else ("symbol", getattr(t, "symbol", None))
        if key == ("symbol", None):
            return UNKNOWN_DIM
        keys.append(key)
    return UNKNOWN_DIM if dim.key is None else Dim(("slice", dim.key, *keys))


@_register(builtins.getattr)
def getattribute(base: Type, name: Type, *default: Type) -> Type:
    """Return the type of ``base.name``."""
    if not isinstance(name, Static):
        return ANY
    base = plain(base)
    if isinstance(base, Array | Scalar) or base is NUMBER:
        match name.value:
            case "shape":
                return shape_type(base)
            case "ndim":
                return _ndim(base)
            case "size":
                return _size(base)
            case "T" | "mT":
                return _transpose(base) if isinstance(base, Array) and base.dims is not None and (name.value == "T" or len(base.dims) == 2) else Array(None, None) if isinstance(base, Array) else base
            case "dtype":
                return Static(base.dtype) if isinstance(base, Array) and base.dtype is not None else ANY
            case "real" | "imag":
                if isinstance(base, Scalar):
                    return Scalar("f", base.dtype if base.kind == "f" else "?") if base.kind in "fc" else base
                if isinstance(base, Array) and base.dtype is not None:
                    return Array(np.zeros(0, base.dtype).real.dtype, base.dims)
                return NUMBER
            case "itemsize" | "nbytes":
                return INT
            case "flat":
                return Array(base.dtype, (UNKNOWN_DIM,)) if isinstance(base, Array) else ANY
    if isinstance(base, Tup) and base.cls is not None and name.value in getattr(base.cls, "_fields", ()):
        return base.items[base.cls._fields.index(name.value)]  # type: ignore[attr-defined]
    return ANY


@_register(Prim.TUPLE)
def _tuple(*items: Type) -> Type:
    return Tup(items)


def elements(t: Type) -> Type:
    """Return the type of what iterating over ``t`` yields."""
    match t:
        case Array():
            return getitem(t, INT)
        case Lst():
            return t.item
        case Tup():
            return getitem(t, INT)
        case Dct():
            return ANY
    if t is RANGE:
        return INT
    if t is STRING or (isinstance(t, Static) and isinstance(t.value, str)):
        return STRING
    return ANY


__all__ = ["BOOL", "FLOAT", "INT", "Obj", "elements", "infer"]
