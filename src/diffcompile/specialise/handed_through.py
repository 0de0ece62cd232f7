"""Calls that return their argument as it is: a power of 1, a difference of order 0, a conversion to what it is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from diffcompile.analysis.handing import FLOATING, times_of
from diffcompile.analysis.types import ANY, NUMBER, Array, plain
from diffcompile.ir.core import Const
from diffcompile.specialise.items import Item

if TYPE_CHECKING:
    from diffcompile.specialise.driver import Specialiser

_PLACE_OF_COPY = 5


def handed_through(spec: Specialiser, fun: Any, args: list[Item], keywords: dict[str, Item]) -> Item | None:
    """Return the argument of a call that makes no array, but returns that; None for any other call.

    Whether it is another name of the array matters where one of the two is written to.
    """
    t = plain(spec.type(args[0])) if args else None
    if not isinstance(t, Array):
        return None
    counted = times_of(fun)
    if counted is not None:
        name, idle = counted
        times = args[1] if len(args) > 1 else keywords.get(name)
        return args[0] if isinstance(times, Const) and times.value == idle else None
    is_kept = fun in FLOATING and len(args) == 1 and t.dtype == np.dtype(fun) and t.rank not in (None, 0)
    return args[0] if is_kept else None


def conjugated(spec: Specialiser, name: str, base: Item) -> bool:
    """Tell whether a method of an array returns the array itself: that of real numbers which conjugates."""
    t = plain(spec.type(base))
    return name in ("conj", "conjugate") and isinstance(t, Array) and t.dtype is not None and t.dtype.kind in "fiu"


def may_be_conjugated(spec: Specialiser, name: str, base: Item) -> bool:
    """Tell whether that is a method of an array that shows only at run time whether its numbers are real."""
    t = plain(spec.type(base))
    unknown = t is ANY or t is NUMBER or (isinstance(t, Array) and t.owner is None and t.dtype is None)
    return name in ("conj", "conjugate") and unknown


def with_named_copy(fun: Any, args: list[Item], keywords: dict[str, Item]) -> tuple[list[Item], dict[str, Item]]:
    """Give ``copy`` of ``x.astype(dtype, order, casting, subok, copy)`` its name."""
    if fun is np.ndarray.astype and len(args) > _PLACE_OF_COPY:
        return args[:_PLACE_OF_COPY], {"copy": args[_PLACE_OF_COPY], **keywords}
    return args, keywords
