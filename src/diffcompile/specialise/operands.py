"""Operands of functions with a rule: lists and tuples of numbers become arrays, as they do inside NumPy."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any

import numpy as np

from diffcompile.analysis.types import Array, Lst, Tup, plain
from diffcompile.errors import Span
from diffcompile.ir.core import Const
from diffcompile.rules import registry
from diffcompile.specialise.items import Item

if TYPE_CHECKING:
    from diffcompile.specialise.driver import Specialiser

_ARRAY_PARAMETERS = {
    *("a", "b", "x", "x1", "x2", "y", "v", "m", "ary", "A", "arr", "q", "p", "operands", "matrix"),
    *("ar", "array", "f", "fp", "xp", "weights", "in1", "in2", "data", "ab", "input"),
}
"""Names of parameters of NumPy's functions for which a list or a tuple of numbers means an array."""
_ARRAYS_OF: dict[Any, set[str]] = {np.histogram: {"bins", "range"}}
"""Parameters of single functions for which they do."""
_TAKE_SEQUENCES = (np.array, np.asarray, np.ndarray.astype, np.astype)


def as_arrays(
    spec: Specialiser, fun: Any, args: list[Item], keywords: dict[str, Item], span: Span | None
) -> tuple[list[Item], dict[str, Item]]:
    """Make arrays of lists and tuples of numbers, because rules are written for arrays.

    ``np.inner([x, 1.0], weights)`` means ``np.inner(np.array([x, 1.0]), weights)``.
    """
    package = str(getattr(fun, "__module__", None) or "numpy").partition(".")[0]
    if fun in _TAKE_SEQUENCES or package not in ("numpy", "scipy"):
        return args, keywords
    names = _parameters(fun, len(args))
    names += [""] * (len(args) - len(names))
    arrays = _ARRAY_PARAMETERS | _ARRAYS_OF.get(fun, set())
    found = [
        _as_array(spec, arg, span) if name in arrays else arg
        for name, arg in (*zip(names, args, strict=True), *keywords.items())
    ]
    return found[: len(args)], dict(zip(keywords, found[len(args) :], strict=True))


def as_operands(spec: Specialiser, args: list[Item], span: Span | None) -> list[Item]:
    """Make arrays of lists and tuples of numbers that an operator combines with an array: ``x * [1, -1]``."""
    if not any(isinstance(t := plain(spec.type(arg)), Array) and t.rank for arg in args):
        return args
    return [_as_array(spec, arg, span) for arg in args]


def _parameters(fun: Any, count: int) -> list[str]:
    """Return the names of the parameters to which positional arguments go."""
    if fun in registry.ELEMENTWISE:
        return ["x"] * count
    if fun not in registry.ADJOINT:
        return []
    names: list[str] = []
    for parameter in list(inspect.signature(registry.ADJOINT[fun].rule).parameters.values())[2:]:
        if parameter.kind is parameter.VAR_POSITIONAL:
            names += [parameter.name] * (count - len(names))
        elif parameter.kind is not parameter.KEYWORD_ONLY:
            names.append(parameter.name)
    return names[:count]


def _as_array(spec: Specialiser, item: Item, span: Span | None) -> Item:
    t = spec.type(item)
    if isinstance(item, Const):
        of_numbers = isinstance(item.value, list | tuple) and bool(item.value)
    else:
        of_numbers = isinstance(t, Lst) or (isinstance(t, Tup) and bool(t.items))
    return spec.emit(np.array, [item], span) if of_numbers else item
