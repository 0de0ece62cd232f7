"""NumPy's functions that return views of several arrays: written out as one view for each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from diffcompile.errors import Span
from diffcompile.ir.core import Const
from diffcompile.specialise.handlers.handler import Handler
from diffcompile.specialise.items import Item, TupleItem
from diffcompile.specialise.ruled import rule_call

if TYPE_CHECKING:
    from diffcompile.specialise.driver import Specialiser


def _each(fun: Any) -> Handler:
    """Return the handler of ``fun(a, b, ...)``, which is ``(fun(a), fun(b), ...)``."""

    def handle(spec: Specialiser, args: list[Item], keywords: dict[str, Item], span: Span | None, hint: str) -> Item:
        if len(args) == 1:
            return rule_call(spec, fun, args, keywords, span, hint)
        return TupleItem(tuple(rule_call(spec, fun, [arg], dict(keywords), span, "") for arg in args))

    return handle


def _broadcast_arrays(
    spec: Specialiser, args: list[Item], keywords: dict[str, Item], span: Span | None, hint: str
) -> Item:
    """``np.broadcast_arrays(a, b, ...)``: each broadcast to the shape of all."""
    if keywords:
        raise spec.refuse("`subok=` of `np.broadcast_arrays` is not supported", span, "leave the keyword out")
    return _broadcast(spec, args, span)


def _broadcast(spec: Specialiser, arrays: list[Item], span: Span | None) -> Item:
    shapes = [rule_call(spec, np.shape, [array], {}, span, "") for array in arrays]
    shape = rule_call(spec, np.broadcast_shapes, shapes, {}, span, "shape")
    return TupleItem(tuple(rule_call(spec, np.broadcast_to, [array, shape], {}, span, "") for array in arrays))


def _meshgrid(spec: Specialiser, args: list[Item], keywords: dict[str, Item], span: Span | None, hint: str) -> Item:
    """``np.meshgrid``: copies by its rule; views, with ``copy=False``, written out."""
    options = dict(keywords)
    copy = options.pop("copy", Const(True))
    indexing, sparse = options.get("indexing", Const("xy")), options.get("sparse", Const(False))
    if not (isinstance(copy, Const) and isinstance(indexing, Const) and isinstance(sparse, Const)):
        raise spec.refuse("the options of `np.meshgrid` are not known here", span, "write them out at the call")
    if copy.value:
        return rule_call(spec, np.meshgrid, args, options, span, hint)
    places = list(range(len(args)))
    if indexing.value == "xy" and len(args) > 1:
        places[:2] = 1, 0
    shapes = [tuple(-1 if place == k else 1 for k in range(len(args))) for place in places]
    views = [
        rule_call(spec, np.reshape, [arg, Const(shape)], {}, span, "") for arg, shape in zip(args, shapes, strict=True)
    ]
    return TupleItem(tuple(views)) if sparse.value else _broadcast(spec, views, span)


HANDLERS: dict[Any, Handler] = {
    np.atleast_1d: _each(np.atleast_1d),
    np.atleast_2d: _each(np.atleast_2d),
    np.atleast_3d: _each(np.atleast_3d),
    np.broadcast_arrays: _broadcast_arrays,
    np.meshgrid: _meshgrid,
}
