"""Operators that are called as functions: ``operator.setitem(d, k, v)``, ``operator.iadd(x, y)``."""

from __future__ import annotations

import functools
import operator
from typing import TYPE_CHECKING, Any

from diffcompile import dynamic
from diffcompile.analysis.effects import PURE_OF_INPLACE
from diffcompile.analysis.types import Scalar, Tup
from diffcompile.errors import Span
from diffcompile.specialise import containers
from diffcompile.specialise.items import NONE, Item

if TYPE_CHECKING:
    from diffcompile.specialise.driver import Specialiser


def _getitem(spec: Specialiser, args: list[Item], keywords: dict[str, Item], span: Span | None, hint: str) -> Item:
    base, index = args
    return containers.load_item(spec, base, index, span, hint)


def _setitem(spec: Specialiser, args: list[Item], keywords: dict[str, Item], span: Span | None, hint: str) -> Item:
    base, index, value = args
    containers.store_item(spec, base, index, value, span=span)
    return NONE


def _delitem(spec: Specialiser, args: list[Item], keywords: dict[str, Item], span: Span | None, hint: str) -> Item:
    base, index = args
    containers.delete_item(spec, base, index, span)
    return NONE


def _augmented(
    callee: Any, spec: Specialiser, args: list[Item], keywords: dict[str, Item], span: Span | None, hint: str
) -> Item:
    return spec.augmented(callee, args, span, hint)


def _tested(
    callee: Any, spec: Specialiser, args: list[Item], keywords: dict[str, Item], span: Span | None, hint: str
) -> Item:
    return spec.test(callee, args, span, hint)


def _indices(spec: Specialiser, args: list[Item], keywords: dict[str, Item], span: Span | None, hint: str) -> Item:
    """``slice(...).indices(count)``: three whole numbers."""
    return spec.emit(dynamic.slice_indices, args, span, name=hint, t=Tup((Scalar("i"),) * 3))


HANDLERS: dict[Any, Any] = {
    operator.getitem: _getitem, operator.setitem: _setitem, operator.delitem: _delitem,
    **{callee: functools.partial(_augmented, callee) for callee in PURE_OF_INPLACE},
    **{callee: functools.partial(_tested, callee) for callee in (operator.not_, operator.contains)},
    slice.indices: _indices,
    operator.iconcat: functools.partial(_augmented, operator.iadd),
}  # fmt: skip

__all__ = ["HANDLERS"]
