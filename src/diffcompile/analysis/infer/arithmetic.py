"""Operators, ufuncs and the functions that work like them."""

from __future__ import annotations

import builtins
import operator
from typing import Any

import numpy as np

from diffcompile.analysis.infer.operands import (
    DType,
    bounded_scalar,
    elementwise_result,
    is_numeric,
    numeric_operand,
    resolve,
)
from diffcompile.analysis.infer.sizes import integer_symbol, offset_key
from diffcompile.analysis.infer.table import Rule, given_dtype, is_none, rank_of, rule, unknown
from diffcompile.analysis.types import (
    NUMBER,
    RANGE,
    SLICE,
    STRING,
    Array,
    Lst,
    Scalar,
    SliceOf,
    Static,
    Tup,
    Type,
    plain,
)

INT, FLOAT, BOOL = Scalar("i"), Scalar("f"), Scalar("b")
COMPLEX = Scalar("c")
_WIDER = "bifc".index
_IGNORED = {"casting", "order", "subok"}


# -- ufuncs -------------------------------------------------------------------------------------------------


def ufunc_call(ufunc: np.ufunc, operands: tuple[Type, ...], keywords: dict[str, Type]) -> Type:
    """Return the type of a call of any ufunc."""
    if ufunc.signature is not None or not keywords.keys() <= {"out", "where", "dtype", *_IGNORED}:
        raise unknown()
    outs = [out for out in (*operands[ufunc.nin :], keywords.get("out")) if not is_none(out)]
    if outs:
        if ufunc.nout == 1 and isinstance(outs[0], Array):
            return outs[0]
        raise unknown()
    if len(operands) < ufunc.nin:
        raise unknown()
    return ufunc_result(
        ufunc, *operands[: ufunc.nin], where=keywords.get("where"), dtype=keywords.get("dtype")
    )


def ufunc_result(
    ufunc: np.ufunc, *operands: Type, where: Type | None = None, dtype: Type | None = None
) -> Type:
    """Return the type of what a ufunc makes of its operands."""
    taken = tuple(map(numeric_operand, operands))
    wanted = None
    if not is_none(dtype):
        wanted = given_dtype(dtype, None)
        if wanted is None:
            raise unknown()
    dtypes = resolve(ufunc, taken, wanted)
    shaping = taken if is_none(where) or where == Static(True) else (*taken, numeric_operand(where))  # type: ignore[arg-type]
    results = tuple(_elementwise(ufunc, found, shaping) for found in dtypes)
    return results[0] if ufunc.nout == 1 else Tup(results)


def _elementwise(ufunc: np.ufunc, dtype: DType | None, operands: tuple[Type, ...]) -> Type:
    result = elementwise_result(dtype, *operands)
    if dtype is None and isinstance(result, Scalar) and _gives_no_complex(ufunc):
        return Scalar("f", "?")
    return result


def _gives_no_complex(ufunc: np.ufunc) -> bool:
    return not any(set("FDGgO") & set(loop.split("->")[1]) for loop in ufunc.types)


# -- operators ----------------------------------------------------------------------------------------------


def both_python(*types: Type) -> bool:
    """Tell whether all operands are surely Python's own numbers."""
    return all(isinstance(t, Scalar) and t.dtype is None for t in map(plain, types))


def _kind(*types: Type, least: str = "b") -> str:
    return max((least, *(t.kind for t in map(plain, types) if isinstance(t, Scalar))), key=_WIDER)


def _operate(ufunc: np.ufunc, least: str, x: Type, y: Type) -> Type:
    """Return the type of an operator that is this ufunc unless both operands are Python's numbers."""
    if both_python(x, y):
        return Scalar(_kind(x, y, least=least))
    left, right = plain(x), plain(y)
    if isinstance(left, Scalar) and isinstance(right, Scalar) and "?" in (left.dtype, right.dtype):
        return _vague(ufunc, left, right)
    if not (is_numeric(x) and is_numeric(y)) and not any(
        is_numeric(t) and isinstance(t, Array) for t in (x, y)
    ):
        raise unknown()
    return ufunc_result(ufunc, x, y)


def _vague(ufunc: np.ufunc, left: Scalar, right: Scalar) -> Type:
    """Return the type of an operator on scalars of which one may be Python's or NumPy's."""
    kind = max(left.kind, right.kind, key=_WIDER)
    if kind == "f" and "float64" in (left.dtype, right.dtype):
        return Scalar("f", "float64")  # as wide as anything of that kind
    if kind == "b":
        return NUMBER  # True + True is 2 in Python, True in NumPy
    if kind == "i" and None in (left.dtype, right.dtype) and ufunc not in (np.true_divide, np.power):
        return Scalar("i", "?")  # an integer of NumPy's and a Python integer: no overflow into floats
    return bounded_scalar((left, right))


@rule(operator.add)
def _add(x: Type, y: Type) -> Type:
    if isinstance(x, Tup) and isinstance(y, Tup):
        return Tup(x.items + y.items)
    if isinstance(x, Lst) and isinstance(y, Lst):
        x.cell.merge(y.cell)
        return x
    if _is_string(x) and _is_string(y):
        return STRING
    return _shifted(_operate(np.add, "i", x, y), x, y, 1)


@rule(operator.sub)
def _subtract(x: Type, y: Type) -> Type:
    return _shifted(_operate(np.subtract, "i", x, y), x, y, -1)


def _shifted(result: Type, x: Type, y: Type, sign: int) -> Type:
    """Keep track of ``n + 1`` and ``n - 1`` as sizes."""
    if sign > 0 and isinstance(x, Static):
        x, y = y, x
    if isinstance(result, Scalar) and result.kind == "i" and result.dtype in (None, "int64", "?"):
        symbol = getattr(plain(x), "symbol", None)
        if symbol is not None and isinstance(y, Static) and isinstance(y.value, int):
            return Scalar("i", result.dtype, offset_key(symbol, sign * int(y.value)))
    return result


@rule(operator.mul)
def _multiply(x: Type, y: Type) -> Type:
    for container, count in ((x, y), (y, x)):
        whole = isinstance(plain(count), Scalar) and plain(count).kind in "bi"  # type: ignore[attr-defined]
        if isinstance(container, Lst) and whole:
            emptied(container)
            return container
        if isinstance(container, Tup) and isinstance(count, Static) and isinstance(count.value, int):
            return Tup(container.items * count.value)
        if _is_string(container) and whole:
            return STRING
    return _with_symbol(_operate(np.multiply, "i", x, y), "times", x, y)


def _with_symbol(result: Type, kind: str, x: Type, y: Type) -> Type:
    """Keep track of ``n // 2`` and ``2 * n`` where the sizes of arguments say what they are."""
    if isinstance(result, Scalar) and result.kind == "i" and result.dtype in (None, "int64", "?"):
        symbol = integer_symbol(kind, x, y)
        if symbol is not None:
            return Scalar("i", result.dtype, symbol)
    return result


def emptied(t: Lst) -> None:
    """Record that lists of this kind may be empty."""
    cell = t.cell.root()
    if cell.filled:
        cell.filled, cell.changed = False, True


@rule(operator.floordiv)
def _floor_divide(x: Type, y: Type) -> Type:
    return _with_symbol(_operate(np.floor_divide, "i", x, y), "quotient", x, y)


@rule(operator.mod)
def _modulo(x: Type, y: Type) -> Type:
    return STRING if _is_string(x) else _operate(np.remainder, "i", x, y)


@rule(operator.truediv)
def _divide(x: Type, y: Type) -> Type:
    return _operate(np.true_divide, "f", x, y)


@rule(operator.pow, builtins.pow)
def _power(x: Type, y: Type, modulus: Type | None = None) -> Type:
    if not is_none(modulus):
        raise unknown()
    if both_python(x, y):
        if _kind(x, y) in "bi":
            return INT if isinstance(y, Static) and y.value >= 0 else Scalar("f", "?")
        return Scalar(_kind(x, y))  # a root of a negative float, which is complex, is taken to be an accident
    return _operate(np.power, "i", x, y)


@rule(builtins.divmod)
def _divmod(x: Type, y: Type) -> Type:
    return Tup((_floor_divide(x, y), _modulo(x, y)))


def _unary(ufunc: np.ufunc, x: Type) -> Type:
    t = plain(x)
    if not is_numeric(t):
        raise unknown()
    if isinstance(t, Scalar) and t.dtype in (None, "?"):
        if t.kind == "b" and t.dtype == "?":
            return NUMBER
        return Scalar("i" if t.kind == "b" else t.kind, t.dtype)
    return ufunc_result(ufunc, t)


@rule(operator.neg)
def _negative(x: Type) -> Type:
    return _unary(np.negative, x)


@rule(operator.pos)
def _positive(x: Type) -> Type:
    return _unary(np.positive, x)


@rule(operator.abs, builtins.abs)
def _absolute(x: Type) -> Type:
    result = _unary(np.absolute, x)
    if isinstance(result, Scalar) and result.kind == "c" and result.dtype is None:
        return FLOAT
    return result


@rule(operator.invert, operator.inv)
def _invert(x: Type) -> Type:
    return _unary(np.invert, x)


def _comparison(ufunc: np.ufunc) -> Rule:
    def compare(x: Type, y: Type) -> Type:
        if both_python(x, y):
            return BOOL
        if is_numeric(x) and is_numeric(y):
            if (
                any(isinstance(t, Scalar) and t.dtype == "?" for t in (x, y))
                and rank_of(x) == rank_of(y) == 0
            ):
                return Scalar("b", "?")
            return ufunc_result(ufunc, x, y)
        if all(isinstance(t, Static | SliceOf) or t in (STRING, RANGE, SLICE) for t in (x, y)):
            return BOOL
        if ufunc in (np.equal, np.not_equal) and any(
            isinstance(x, cls) and isinstance(y, cls) for cls in (Tup, Lst)
        ):
            return BOOL
        raise unknown()

    return compare


_COMPARISONS: dict[Any, np.ufunc] = {
    operator.lt: np.less, operator.le: np.less_equal, operator.gt: np.greater, operator.ge: np.greater_equal,
    operator.eq: np.equal, operator.ne: np.not_equal,
}  # fmt: skip
for _operator, _ufunc in _COMPARISONS.items():
    rule(_operator)(_comparison(_ufunc))


def _bitwise(ufunc: np.ufunc, least: str) -> Rule:
    def bits(x: Type, y: Type) -> Type:
        return _operate(ufunc, least, x, y)

    return bits


_BITWISE: dict[Any, tuple[np.ufunc, str]] = {
    operator.and_: (np.bitwise_and, "b"), operator.or_: (np.bitwise_or, "b"), operator.xor: (np.bitwise_xor, "b"),
    operator.lshift: (np.left_shift, "i"), operator.rshift: (np.right_shift, "i"),
}  # fmt: skip
for _operator, (_ufunc, _least) in _BITWISE.items():
    rule(_operator)(_bitwise(_ufunc, _least))


def _is_string(t: Type) -> bool:
    return t is STRING or (isinstance(t, Static) and isinstance(t.value, str))
