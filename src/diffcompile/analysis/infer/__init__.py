"""What an operation returns, from the types of its operands: one small function a kind of callee.

A callee without a rule returns ``ANY``, which is always right; so does a rule that cannot tell. What is said of a
result is true of it, with three exceptions: integers have at most 63 bits, a dtype that is only known at run time is
one of numbers, and a fractional power of a negative Python float, which is complex, is taken for an accident.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MethodType
from typing import Any

import numpy as np

from diffcompile.analysis.infer import (  # noqa: F401 - filling the table
    arithmetic,
    attributes,
    creation,
    elementwise,
    fourier,
    indexing,
    joining,
    linear,
    ordering,
    products,
    python,
    reductions,
    series,
    shaping,
)
from diffcompile.analysis.infer.arithmetic import BOOL, FLOAT, INT, ufunc_call
from diffcompile.analysis.infer.attributes import getattribute
from diffcompile.analysis.infer.elementwise import of_distribution
from diffcompile.analysis.infer.indexing import elements, getitem, index_result, new_axes
from diffcompile.analysis.infer.operands import (
    broadcast_dims,
    dtype_of,
    fits_without_sum,
    promote,
    same_shape,
)
from diffcompile.analysis.infer.owners import owned, owner_of
from diffcompile.analysis.infer.sizes import dim_of, offset_key, shape_type
from diffcompile.analysis.infer.table import TABLE, constant, spread
from diffcompile.analysis.types import ANY, BOTTOM, SliceOf, Type
from diffcompile.rules import registry

_CANNOT_TELL = (TypeError, ValueError, LookupError, ArithmeticError)
"""What rules raise where arguments are unknown, or so wrong that the program itself will raise."""


def infer(callee: Any, types: list[Type], keywords: Mapping[str, Type]) -> Type:
    """Return the type of ``callee(*types, **keywords)``."""
    found = _infer(callee, types, keywords)
    owner = owner_of(callee, (*types, *keywords.values()))
    return found if owner is None else owned(found, owner)


def _infer(callee: Any, types: list[Type], keywords: Mapping[str, Type]) -> Type:
    try:
        rule = TABLE.get(callee)
        if rule is None and isinstance(callee, MethodType) and callee in registry.ELEMENTWISE:
            return of_distribution(*map(spread, types))
        is_ufunc = rule is None and isinstance(callee, np.ufunc)
        if (rule is None and not is_ufunc) or any(t is BOTTOM for t in types):
            return ANY
        operands = [spread(t) for t in types]
        named = {name: spread(t) for name, t in keywords.items()}
        return rule(*operands, **named) if rule is not None else ufunc_call(callee, tuple(operands), named)
    except _CANNOT_TELL:
        return ANY


def list_items(callee: Any, types: list[Type], keywords: Mapping[str, Type]) -> Type | None:
    """Return the type of the items of the new list that a call returns; None if it returns something else."""
    try:
        rule = joining.LISTS.get(callee)
        return (
            None
            if rule is None
            else rule(*map(spread, types), **{name: spread(t) for name, t in keywords.items()})
        )
    except _CANNOT_TELL:
        return None


__all__ = [
    "BOOL",
    "FLOAT",
    "INT",
    "SliceOf",
    "broadcast_dims",
    "constant",
    "dim_of",
    "dtype_of",
    "elements",
    "fits_without_sum",
    "getattribute",
    "getitem",
    "index_result",
    "infer",
    "list_items",
    "new_axes",
    "offset_key",
    "promote",
    "same_shape",
    "shape_type",
]
