"""What NumPy makes of operands: their dtypes, the arrays that sequences become, the results of ufuncs."""

from __future__ import annotations

import functools
from collections.abc import Iterable
from typing import Any

import numpy as np

from diffcompile.analysis.infer.sizes import broadcast, equal_dims, sized
from diffcompile.analysis.infer.table import unknown
from diffcompile.analysis.types import (
    ANY,
    BOTTOM,
    NUMBER,
    RANGE,
    UNKNOWN_DIM,
    Array,
    Dim,
    Lst,
    Scalar,
    Tup,
    Type,
    forget_sizes,
    plain,
    same_dim,
)

DType = np.dtype[Any]
BOOL_DTYPE, INT_DTYPE, FLOAT_DTYPE = np.dtype(bool), np.dtype(np.int64), np.dtype(np.float64)
_PYTHON = {"b": bool, "i": int, "f": float, "c": complex}
_EXAMPLES = {bool: BOOL_DTYPE, int: 0, float: 0.0, complex: 0j}


def dtype_of(t: Type) -> Any:
    """Return what NumPy's promotion takes for ``t``: a dtype, a Python type (weak), or None if unknown."""
    t = plain(t)
    if isinstance(t, Array):
        return t.dtype
    if isinstance(t, Scalar):
        if t.dtype == "?":
            return None
        return np.dtype(t.dtype) if t.dtype else _PYTHON[t.kind]
    return None


def promote(*types: Type, floating: bool = False) -> DType | None:
    """Return the dtype that NumPy 2 gives to an operation on these types, None if unknown."""
    found = tuple(map(dtype_of, types))
    if any(dtype is None for dtype in found):
        absorbed = _absorbing(types)
        if absorbed is None:
            return None
        found = (absorbed,)
    result = common(found)
    return inexact(result) if floating and result is not None else result


def _absorbing(types: Iterable[Type]) -> DType | None:
    """Return the double precision of some operands if it stays whatever the scalars of unknown dtype are."""
    rest: list[DType] = []
    for t in map(plain, types):
        if isinstance(t, Scalar) and t.dtype == "?":
            if t.kind == "c":
                return None
        elif (dtype := dtype_of(t)) is None:
            return None
        else:
            rest.append(dtype)
    widest = common(tuple(rest)) if any(isinstance(dtype, np.dtype) for dtype in rest) else None
    return widest if widest is not None and widest.name in ("float64", "complex128") else None


@functools.lru_cache(maxsize=4096)
def common(dtypes: tuple[Any, ...]) -> DType | None:
    """Return the common dtype of numeric dtypes and weak Python types."""
    if not dtypes or any(isinstance(dtype, np.dtype) and dtype.kind not in "biufc" for dtype in dtypes):
        return None
    examples: list[Any] = [_EXAMPLES[dtype] if isinstance(dtype, type) else dtype for dtype in dtypes]
    result: DType = np.result_type(*examples)
    return result.newbyteorder("=")


def inexact(dtype: DType | None) -> DType | None:
    """Return the dtype of a mean: integers become float64."""
    return FLOAT_DTYPE if dtype is not None and dtype.kind in "bui" else dtype


def real(dtype: DType | None) -> DType | None:
    """Return the dtype of the real part."""
    return np.zeros(0, dtype).real.dtype if dtype is not None and dtype.kind == "c" else dtype


def native(dtype: DType | None) -> DType | None:
    """Return a dtype in the byte order of the machine, as the results of arithmetic have it."""
    return None if dtype is None else dtype.newbyteorder("=")


def scalar_of(dtype: DType | None) -> Type:
    """Return the type of an item of an array."""
    if dtype is None:
        return Scalar("c", "?")  # a number of any kind
    kind = "i" if dtype.kind == "u" else dtype.kind
    return Scalar(kind, dtype.name) if kind in "bifc" else ANY


def value_of(dtype: DType | None, dims: tuple[Dim, ...] | None) -> Type:
    """Return the type of a result that is a scalar where it has no axes."""
    if dims is None:
        return NUMBER
    return Array(dtype, dims) if dims else scalar_of(dtype)


def is_numeric(t: Type) -> bool:
    """Tell whether values of this type are surely numbers or arrays of numbers."""
    t = plain(t)
    if isinstance(t, Array):
        return t.dtype is None or t.dtype.kind in "biufc"
    return isinstance(t, Scalar) or t is NUMBER


def array_of(t: Type) -> Array:
    """Return the type of ``np.asarray(x)``; raises TypeError where ``x`` may be no numbers."""
    t = plain(t)
    match t:
        case Array():
            return t
        case Scalar():
            return Array(common((dtype,)) if (dtype := dtype_of(t)) is not None else None, ())
        case Tup():
            if not t.items:
                return Array(FLOAT_DTYPE, (sized(0),))
            parts = [array_of(item) for item in t.items]
            if not all(map(is_numeric, parts)):
                raise unknown()
            return Array(promote(*parts), stacked(parts, sized(len(parts))))
        case Lst():
            return _array_of_list(t)
    if t is NUMBER:
        return Array(None, None)
    if t is RANGE:
        return Array(None, (UNKNOWN_DIM,))  # an empty range becomes an array of floats
    raise unknown()


def _array_of_list(t: Lst) -> Array:
    if t.item is BOTTOM:
        return Array(None, None)
    part = array_of(t.item)
    if not is_numeric(part):
        raise unknown()
    if t.cell.root().filled:
        return Array(part.dtype, stacked([part], UNKNOWN_DIM))
    # an empty list becomes an array of floats with one axis
    return Array(part.dtype if part.dtype == FLOAT_DTYPE and part.dtype is not None else None,
                 (UNKNOWN_DIM,) if part.dims == () else None)  # fmt: skip


def stacked(parts: list[Array], count: Dim) -> tuple[Dim, ...] | None:
    """Return the axes of arrays of one shape put side by side along a new first axis."""
    known = [part.dims for part in parts if part.dims is not None]
    return (count, *equal_dims(*known)) if known else None


def parts_of(arrays: Type) -> list[Array]:
    """Return the arrays in a sequence that must not be empty; the first stands for all items of a list."""
    if isinstance(arrays, Tup) and arrays.items:
        return [array_of(item) for item in arrays.items]
    if isinstance(arrays, Lst) and arrays.item is not BOTTOM:
        part = forget_sizes(array_of(arrays.item))
        assert isinstance(part, Array)
        return [part]
    if isinstance(arrays, Array):
        if arrays.dims is None:
            return [Array(arrays.dtype, None)]
        first = Array(arrays.dtype, arrays.dims[1:])
        size = arrays.dims[0].key
        return [first] * size if isinstance(size, int) and 0 < size <= 64 else [first]  # noqa: PLR2004
    raise unknown()


def counted(arrays: Type) -> Dim:
    """Return the axis that has one place for each item of a sequence."""
    if isinstance(arrays, Tup):
        return sized(len(arrays.items))
    return arrays.dims[0] if isinstance(arrays, Array) and arrays.dims else UNKNOWN_DIM


def numeric_operand(t: Type) -> Type:
    """Return an operand of a ufunc: sequences become arrays, Python's numbers stay as they are."""
    t = plain(t)
    if isinstance(t, Scalar) or t is NUMBER:
        return t
    array = array_of(t)
    if not is_numeric(array):
        raise unknown()
    return array


def broadcast_dims(*types: Type) -> tuple[Dim, ...] | None:
    """Return the axes of the broadcast of these numbers, or None if a rank is unknown."""
    known: list[tuple[Dim, ...]] = []
    for t in map(plain, types):
        if isinstance(t, Scalar):
            continue
        if not isinstance(t, Array) or t.dims is None:
            return None
        known.append(t.dims)
    return broadcast(*known)


def fits_without_sum(operand: Type, result: Type) -> bool:
    """Tell whether a cotangent of ``result`` surely has the shape of ``operand``, which was broadcast."""
    operand, result = plain(operand), plain(result)
    if isinstance(operand, Scalar):
        return isinstance(result, Scalar)
    if (
        not isinstance(operand, Array)
        or not isinstance(result, Array)
        or operand.dims is None
        or result.dims is None
    ):
        return False
    if len(operand.dims) != len(result.dims):
        return False
    return all(
        same_dim(mine, theirs) or mine.not_one for mine, theirs in zip(operand.dims, result.dims, strict=True)
    )


def same_shape(left: Type, right: Type) -> bool:
    """Tell whether two values surely have the same shape."""
    left, right = plain(left), plain(right)
    if isinstance(left, Scalar) and isinstance(right, Scalar):
        return True
    if not isinstance(left, Array) or not isinstance(right, Array) or left.dims is None or right.dims is None:
        return False
    return len(left.dims) == len(right.dims) and all(map(same_dim, left.dims, right.dims))


# -- results of elementwise functions -----------------------------------------------------------------------


def elementwise_result(dtype: DType | None, *operands: Type) -> Type:
    """Return the type of an elementwise result of operands that :func:`numeric_operand` made."""
    if all(isinstance(t, Scalar) for t in operands):
        return scalar_of(dtype) if dtype is not None else bounded_scalar(operands)
    dims = broadcast_dims(*operands)
    if dims is None:  # with a known axis anywhere it is an array
        return Array(dtype, None) if any(isinstance(t, Array) and t.dims for t in operands) else NUMBER
    return (
        Array(dtype, dims) if dims else (scalar_of(dtype) if dtype is not None else bounded_scalar(operands))
    )


def bounded_scalar(operands: Iterable[Type]) -> Type:
    """Return a scalar of unknown dtype computed from others: real if they are."""
    kinds = [t.kind if isinstance(t, Scalar) else array_kind(t) for t in operands]
    long = any(isinstance(dtype := dtype_of(t), np.dtype) and dtype == np.longdouble for t in operands)
    return Scalar("c" if "c" in kinds or long else "f", "?")


def array_kind(t: Type) -> str:
    """Return the kind of the items of an array; ``c`` if unknown."""
    dtype = t.dtype if isinstance(t, Array) else None
    return "c" if dtype is None else "i" if dtype.kind == "u" else dtype.kind


def resolve(ufunc: np.ufunc, operands: tuple[Type, ...], dtype: Any = None) -> tuple[DType | None, ...]:
    """Return the dtypes of the results of a ufunc; raises TypeError if it does not take such operands."""
    given = [dtype_of(t) for t in operands]
    if any(found is None for found in given):
        return (dtype,) * ufunc.nout if dtype is not None else _whatever_comes_in(ufunc, operands)
    return _resolve(ufunc, tuple(BOOL_DTYPE if found is bool else found for found in given), dtype)


@functools.lru_cache(maxsize=4096)
def _resolve(ufunc: np.ufunc, given: tuple[Any, ...], dtype: Any) -> tuple[DType, ...]:
    blanks = (None,) * ufunc.nout
    if all(isinstance(found, type) for found in given):  # none of them is weak then
        given = tuple(
            {int: INT_DTYPE, float: FLOAT_DTYPE, complex: np.dtype(complex)}[found] for found in given
        )
    wanted: dict[str, Any] = {}
    if dtype is not None:
        wanted["signature"] = ((None,) * ufunc.nin) + (np.dtype(dtype),) * ufunc.nout
    found: tuple[DType, ...] = ufunc.resolve_dtypes((*given, *blanks), **wanted)
    return tuple(found[ufunc.nin :])


def _whatever_comes_in(ufunc: np.ufunc, operands: tuple[Type, ...]) -> tuple[DType | None, ...]:
    """Return the dtypes of the results where those of some operands are unknown."""
    absorbed = _absorbing(operands)
    if absorbed is not None:
        return _resolve(ufunc, (absorbed,) * ufunc.nin, None)
    return _fixed_outputs(ufunc)


@functools.lru_cache(maxsize=512)
def _fixed_outputs(ufunc: np.ufunc) -> tuple[DType | None, ...]:
    results = [loop.split("->")[1] for loop in ufunc.types if "O" not in loop and not set("mM") & set(loop)]
    columns = [set(column) for column in zip(*results, strict=True)]
    return tuple(np.dtype(column.pop()) if len(column) == 1 else None for column in columns)
