"""NumPy's functions that write, and the methods of its ufuncs."""

from __future__ import annotations

import operator
from typing import TYPE_CHECKING, Any

import numpy as np

from diffcompile import runtime
from diffcompile.analysis.types import ANY, Array, Lst, Scalar, Tup, plain
from diffcompile.errors import Span
from diffcompile.ir.core import Const, Value
from diffcompile.rules import registry
from diffcompile.specialise import containers
from diffcompile.specialise.handlers.handler import Handler
from diffcompile.specialise.items import NONE, Item, TupleItem
from diffcompile.specialise.opaque import may_vary
from diffcompile.specialise.ruled import rule_call

if TYPE_CHECKING:
    from diffcompile.specialise.driver import Specialiser


def _copyto(spec: Specialiser, args: list[Item], keywords: dict[str, Item], span: Span | None, hint: str) -> Item:
    where = args[3] if len(args) > 3 else keywords.get("where")  # noqa: PLR2004 - after `casting`
    if where is not None:
        chosen = rule_call(spec, np.where, [where, args[1], args[0]], {}, span, "")
        containers.store_item(spec, args[0], Const(Ellipsis, "..."), chosen, span=span)
        return NONE
    containers.store_item(spec, args[0], Const(Ellipsis, "..."), args[1], span=span)
    return NONE


def _nan_to_num(spec: Specialiser, args: list[Item], keywords: dict[str, Item], span: Span | None, hint: str) -> Item:
    """``np.nan_to_num``; with ``copy=False`` it writes to its argument, if that is an array, and returns it."""
    x, *rest = args
    copy = rest[0] if rest else keywords.get("copy", Const(True))
    keywords = {name: item for name, item in keywords.items() if name != "copy"}
    t = plain(spec.type(x))
    finite = [x, Const(True), *rest[1:]] if rest else [x]
    if (isinstance(copy, Const) and copy.value) or isinstance(t, Scalar | Tup | Lst):
        return rule_call(spec, np.nan_to_num, finite, keywords, span, hint)
    if not isinstance(copy, Const) or not isinstance(t, Array) or t.dtype is None or t.rank is None:
        raise spec.refuse("`copy=False` on an array of unknown dtype is not supported", span, "leave `copy` out")
    if t.dtype.kind in "fc":
        replaced = rule_call(spec, np.nan_to_num, finite, keywords, span, hint)
        containers.store_item(spec, x, Const(Ellipsis, "..."), replaced, span=span)
    return x if t.rank else containers.load_item(spec, x, TupleItem(()), span)


def _accumulate_at(sign: int) -> Handler:
    def handle(spec: Specialiser, args: list[Item], keywords: dict[str, Item], span: Span | None, hint: str) -> Item:
        base, index, value = args
        if sign < 0:
            value = _negated(spec, value, span)
        spec.effect(registry.ufunc_method(np.add, "at"), [base, index, value], span)
        if isinstance(base, Value) and may_vary(spec, value):
            spec.varied.add(base)
        return NONE

    return handle


def _negated(spec: Specialiser, value: Item, span: Span | None) -> Item:
    """Return ``-value``, also of truth values, which know no minus, and unsigned integers, which wrap around."""
    t = plain(spec.type(value))
    signed = isinstance(t, Array) and t.dtype is not None and t.dtype.kind in "ifc"
    if signed or (isinstance(t, Scalar) and t.kind in "ifc" and t.dtype in (None, "float64", "int64")):
        return spec.emit(operator.neg, [value], span)
    return rule_call(spec, np.subtract, [spec.emit(np.int64, [Const(0)], span), value], {}, span, "")


def _instead(fun: Any) -> Handler:
    def handle(spec: Specialiser, args: list[Item], keywords: dict[str, Item], span: Span | None, hint: str) -> Item:
        if fun in (np.sum, np.prod) and len(args) == 1 and "axis" not in keywords:
            keywords = {**keywords, "axis": Const(0)}
        if fun in (np.cumsum, np.cumprod) and len(args) == 1 and "axis" not in keywords:
            keywords = {**keywords, "axis": Const(0)}
        return rule_call(spec, fun, args, keywords, span, hint)

    return handle


def outer(fun: Any) -> Handler:
    """Return the handler of ``fun.outer(a, b)``: the ufunc of ``a`` with as many new axes as ``b`` has, and ``b``."""

    def handle(spec: Specialiser, args: list[Item], keywords: dict[str, Item], span: Span | None, hint: str) -> Item:
        left = spec.type(args[1])
        rank = left.rank if isinstance(left, Array) else 0 if isinstance(plain(left), Scalar) else None
        if rank is None:
            raise spec.refuse("the rank of the second argument of `outer` is not known", span, "index with None")
        index = TupleItem((Const(Ellipsis, "..."), *(NONE,) * rank))
        column = containers.load_item(spec, args[0], index, span) if rank else args[0]
        return rule_call(spec, fun, [column, args[1]], keywords, span, hint)

    return handle


def _sign(spec: Specialiser, args: list[Item], keywords: dict[str, Item], span: Span | None, hint: str) -> Item:
    """``np.sign``, which is constant for real numbers only."""
    t = plain(spec.type(args[0])) if args else ANY
    real = (isinstance(t, Scalar) and t.kind != "c") or (
        isinstance(t, Array) and t.dtype is not None and t.dtype.kind != "c"
    )
    if real or not any(may_vary(spec, arg) for arg in args):
        return rule_call(spec, np.sign, args, keywords, span, hint)
    if keywords or len(args) != 1:
        raise spec.refuse(
            "`np.sign` of what may be complex takes no further arguments", span, "assign its result instead"
        )
    return rule_call(spec, runtime.complex_sign, args, {}, span, hint)


def _imag(spec: Specialiser, args: list[Item], keywords: dict[str, Item], span: Span | None, hint: str) -> Item:
    """``np.imag(x)``; of what is known to be real it is no view, but zeros."""
    t = plain(spec.type(args[0]))
    if isinstance(t, Array) and t.dtype is not None and t.dtype.kind != "c":
        return spec.emit(np.zeros_like, args, span, name=hint)
    return rule_call(spec, np.imag, args, keywords, span, hint)


def _uninitialised(
    spec: Specialiser, args: list[Item], keywords: dict[str, Item], span: Span | None, hint: str
) -> Item:
    """``np.ndarray(shape, dtype)``: another spelling of ``np.empty``."""
    if len(args) > 2 or any(name not in ("shape", "dtype", "order") for name in keywords):  # noqa: PLR2004
        raise spec.refuse(
            "np.ndarray of memory that is there already is not supported", span, "use np.empty, or index the array"
        )
    return rule_call(spec, np.empty, args, keywords, span, hint)


HANDLERS: dict[Any, Handler] = {
    np.ndarray: _uninitialised,
    np.copyto: _copyto, np.imag: _imag, np.nan_to_num: _nan_to_num,
    np.sign: _sign,
    registry.ufunc_method(np.add, "at"): _accumulate_at(1),
    registry.ufunc_method(np.subtract, "at"): _accumulate_at(-1),
    registry.ufunc_method(np.add, "reduce"): _instead(np.sum),
    registry.ufunc_method(np.multiply, "reduce"): _instead(np.prod),
    registry.ufunc_method(np.add, "accumulate"): _instead(np.cumsum),
    registry.ufunc_method(np.multiply, "accumulate"): _instead(np.cumprod),
    registry.ufunc_method(np.multiply, "outer"): outer(np.multiply),
    registry.ufunc_method(np.add, "outer"): outer(np.add),
    registry.ufunc_method(np.subtract, "outer"): outer(np.subtract),
}
