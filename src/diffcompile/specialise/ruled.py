"""Calls of functions with a rule: ``out=`` and ``where=`` become stores, ``copy=`` is resolved."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from diffcompile.analysis.types import Array, Lst, Scalar, Tup, plain
from diffcompile.errors import Span
from diffcompile.ir.core import Const
from diffcompile.rules import registry
from diffcompile.specialise import containers, objects, sequences
from diffcompile.specialise.inlining import listed
from diffcompile.specialise.items import NONE, GeneratorItem, Item, IteratorItem, TupleItem
from diffcompile.specialise.opaque import may_vary
from diffcompile.specialise.operands import as_arrays

if TYPE_CHECKING:
    from diffcompile.specialise.driver import Specialiser


def rule_call(
    spec: Specialiser, fun: Any, args: list[Item], keywords: dict[str, Item], span: Span | None, hint: str
) -> Item:
    """Emit a call of a function with a rule; ``out=`` becomes a store."""
    if "copy" in keywords and fun in _COPYING:
        same = _without_copy(spec, args, keywords, span)
        if same is not None:
            return same
    if registry.package_of(fun) == "scipy":  # what may be overwritten need not be
        args, keywords = _without_overwriting(fun, args, keywords)
    out = keywords.pop("out", None) if "out" in keywords else None
    if isinstance(fun, np.ufunc) and len(args) > fun.nin:
        out = args[fun.nin]
        args = args[: fun.nin]
    if isinstance(out, TupleItem):
        out = out.items[0]
    if out is not None and isinstance(out, Const) and out.value is None:
        out = None
    args = [sequences.sequence(spec, arg) if isinstance(arg, IteratorItem | GeneratorItem) else arg for arg in args]
    args = [listed(spec, arg, span) if isinstance(arg, IteratorItem) else arg for arg in args]
    of_arrays = registry.package_of(fun) == "numpy"
    for arg in (*args, *keywords.values()):  # other rules may take objects: SciPy's own, the user's
        if of_arrays and (cls := objects.class_of(spec, arg)) is not None:
            name = getattr(fun, "__name__", str(fun))
            raise spec.refuse(f"`{name}` of a {cls.__name__} is not supported", span, "pass its attributes, or a list")
    if any(may_vary(spec, arg) for arg in (*args, *keywords.values())):
        args, keywords = as_arrays(spec, fun, args, keywords, span)
    if registry.defaulted(fun):
        args, keywords = _in_order(spec, fun, args, keywords, span), {}
    where = keywords.pop("where", None) if out is not None and isinstance(fun, np.ufunc) else None
    result = spec.emit(fun, args, span, keywords=keywords, name="" if out is not None else hint)
    if out is None:
        return result
    if where is not None:
        result = spec.emit(np.where, [where, result, out], span)
    containers.store_item(spec, out, Const(Ellipsis, "..."), result, span=span)
    return out


def _without_overwriting(
    fun: Any, args: list[Item], keywords: dict[str, Item]
) -> tuple[list[Item], dict[str, Item]]:
    """Withdraw the permission to overwrite arguments, which costs a copy and changes no result."""
    kept = {name: value for name, value in keywords.items() if not name.startswith("overwrite_")}
    if fun in registry.ADJOINT:
        names = [parameter.name for parameter in registry.parameters(registry.ADJOINT[fun].rule, 2)]
        names += [""] * len(args)
        pairs = zip(names, args, strict=False)
        args = [Const(False) if name.startswith("overwrite_") else arg for name, arg in pairs]
    return args, kept


def _in_order(
    spec: Specialiser, fun: Any, args: list[Item], keywords: dict[str, Item], span: Span | None
) -> list[Item]:
    """Return all arguments of an elementwise callee by position, those left out as the defaults that they have."""
    ordered = list(args)
    named = dict(keywords)
    for parameter in registry.defaulted(fun)[len(args) :]:
        default = NONE if parameter.default is parameter.empty else Const(parameter.default)
        ordered.append(named.pop(parameter.name, default))
    if named:
        raise spec.refuse(
            f"{fun.__name__} with {', '.join(named)}= has no derivative rule", span, "leave the keyword out"
        )
    return ordered


_COPYING = (np.array, np.asarray, np.ndarray.astype, np.astype, np.nan_to_num)


def _without_copy(spec: Specialiser, args: list[Item], keywords: dict[str, Item], span: Span | None) -> Item | None:
    """Resolve ``copy=``: the argument itself if nothing has to be converted, or None if it is copied anyway."""
    copy = keywords.pop("copy")
    if isinstance(copy, Const) and copy.value is True:
        return None
    t = plain(spec.type(args[0]))
    dtype = args[1] if len(args) > 1 else keywords.get("dtype")
    if isinstance(t, Array) and t.dtype is not None and (dtype is None or isinstance(dtype, Const)):
        wanted = t.dtype if dtype is None or dtype.value is None else np.dtype(dtype.value)
        if wanted != t.dtype:
            return None
        order = keywords.pop("order", Const("K"))
        kept = isinstance(order, Const) and order.value in (None, "K", "A")
        return args[0] if kept else rule_call(spec, np.asarray, [args[0]], {"order": order}, span, "")
    if isinstance(t, Scalar | Tup | Lst):
        return None
    raise spec.refuse("`copy=False` on an array of unknown dtype is not supported", span, "leave `copy` out")
