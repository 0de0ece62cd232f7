"""Objects that NumPy takes for arrays: classes with ``__array__``, and ``np.poly1d``, of which it knows more."""

from __future__ import annotations

import numbers
import operator
import types as pytypes
from typing import TYPE_CHECKING, Any

import numpy as np

from diffcompile.analysis.types import Array
from diffcompile.errors import Span
from diffcompile.ir.core import Const, Value
from diffcompile.rules import registry
from diffcompile.specialise.inlining import call_python
from diffcompile.specialise.items import Item, TupleItem
from diffcompile.specialise.objects import class_of

if TYPE_CHECKING:
    from diffcompile.specialise.driver import Specialiser

_OF_POLYNOMIALS = {np.polyadd, np.polysub, np.polymul, np.polyder, np.polyint, np.polyval}
"""Functions that return a ``poly1d`` where they are given one."""


def _composed(make: Any, p: Any, x: Any) -> Any:
    """Return ``np.polyval(p, x)`` of a polynomial ``x``."""
    coefficients = np.asarray(p)
    y = make(0)
    for k in range(len(coefficients)):
        y = y * x + coefficients[k]
    return y


def _divided(make: Any, u: Any, v: Any) -> Any:
    """Return ``np.polydiv(u, v)`` of polynomials."""
    quotient, remainder = np.polydiv(np.asarray(u), np.asarray(v))
    return make(quotient), make(remainder)


_PROTOCOLS = ("__array_ufunc__", "__array_function__")


def _asks_for_ufunc(obj: Any, fun: Any, *args: Any, **keywords: Any) -> Any:
    return obj.__array_ufunc__(fun, "__call__", *args, **keywords)


def _asks_for_function(obj: Any, fun: Any, classes: Any, *args: Any, **keywords: Any) -> Any:
    return obj.__array_function__(fun, classes, args, keywords)


def by_protocol(spec: Specialiser, fun: Any, args: list[Item], keywords: dict[str, Item], span: Span | None) -> Item:
    """Let the first argument whose class says so compute a function of NumPy: the protocols of NEP 13 and NEP 18.

    Raises:
        UnsupportedError: all of them return NotImplemented, or one may.
    """
    name = _PROTOCOLS[not isinstance(fun, np.ufunc)]
    own = [arg for arg in (*args, *keywords.values()) if _follows(class_of(spec, arg), name)]
    first = class_of(spec, own[0])
    later = [arg for arg in own[1:] if issubclass(class_of(spec, arg), first) and class_of(spec, arg) is not first]
    for arg in later or own:  # derived classes are asked first
        known = dict.fromkeys(cls for one in own if (cls := class_of(spec, one)) is not None)
        lead = [arg, Const(fun)] + ([] if name == _PROTOCOLS[0] else [TupleItem(tuple(map(Const, known)))])
        ask = _asks_for_ufunc if name == _PROTOCOLS[0] else _asks_for_function
        result = call_python(spec, ask, [*lead, *args], keywords, span)
        if not (isinstance(result, Const) and result.value is NotImplemented):
            return result
    raise spec.refuse(f"`{fun.__name__}` of a {first.__name__} is not supported", span, f"its `{name}` declines")


UFUNCS: dict[Any, Any] = {
    operator.add: np.add, operator.sub: np.subtract, operator.mul: np.multiply, operator.truediv: np.true_divide,
    operator.floordiv: np.floor_divide, operator.mod: np.remainder, operator.pow: np.power,
    operator.matmul: np.matmul, operator.eq: np.equal, operator.ne: np.not_equal, operator.lt: np.less,
    operator.le: np.less_equal, operator.gt: np.greater, operator.ge: np.greater_equal,
}  # fmt: skip


def defers(spec: Specialiser, callee: Any, left: Item, right: Item) -> bool:
    """Tell whether an array leaves an operator to its ufunc, and so to the object on the right."""
    of_array = callee in UFUNCS and isinstance(spec.type(left), Array)
    return of_array and _follows(class_of(spec, right), _PROTOCOLS[0])


def _follows(cls: Any, name: str) -> bool:
    """Tell whether a class says in Python what functions of NumPy do with its instances."""
    return cls is not None and isinstance(getattr(cls, name, None), pytypes.FunctionType)


def of_array_like(
    spec: Specialiser, fun: Any, args: list[Item], keywords: dict[str, Item], out: Item | None, span: Span | None
) -> Item | None:
    """Call a function of NumPy with an object in place of an array; None if there is none, or it is no array."""
    if registry.package_of(fun) != "numpy":
        return None
    keywords = keywords if out is None else {**keywords, "out": out}
    places = [place for place, arg in enumerate(args) if class_of(spec, arg) is not None]
    if not places:
        return None
    found = [class_of(spec, args[place]) for place in places]
    if fun is np.isscalar:
        return None if issubclass(found[0], numbers.Number) else Const(False)
    protocol = _PROTOCOLS[not isinstance(fun, np.ufunc)]
    if (protocol == _PROTOCOLS[0] or hasattr(fun, "_implementation")) and any(_follows(cls, protocol) for cls in found):
        return by_protocol(spec, fun, args, keywords, span)
    if not all(_is_array_like(cls) for cls in found):
        return None
    from diffcompile.specialise.attributes import load_attribute  # noqa: PLC0415 - calls are built on this
    from diffcompile.specialise.calls import dispatch  # noqa: PLC0415

    if np.poly1d in found and fun is np.polyval and args[1:] and class_of(spec, args[1]) is np.poly1d:
        return call_python(spec, _composed, [Const(np.poly1d), *args], keywords, span)
    if np.poly1d in found and fun is np.polydiv:
        return call_python(spec, _divided, [Const(np.poly1d), *args], keywords, span)
    if np.poly1d in found and fun in _OF_POLYNOMIALS:
        return call_python(spec, fun.__wrapped__, args, keywords, span)
    arrays = list(args)
    for place in places:
        method = load_attribute(spec, args[place], Const("__array__"), span)
        arrays[place] = dispatch(spec, method, [], {}, span)
    return dispatch(spec, Const(fun), arrays, keywords, span)


def _is_array_like(cls: Any) -> bool:
    """Tell whether NumPy makes arrays of the instances of a class by a method written in Python, and by that alone."""
    if any(hasattr(cls, name) for name in _PROTOCOLS):
        return False
    return isinstance(getattr(cls, "__array__", None), pytypes.FunctionType)


def polynomial(spec: Specialiser, args: list[Item], keywords: dict[str, Item], span: Span | None) -> Item | None:
    """``np.poly1d(p, ...)`` where ``p`` is a polynomial, or not known to be an array; None for anything else."""
    from diffcompile.specialise.attributes import load_attribute  # noqa: PLC0415 - calls are built on this
    from diffcompile.specialise.calls import call_static  # noqa: PLC0415

    if not args or isinstance(spec.type(args[0]), Array):
        return None
    if class_of(spec, args[0]) is not np.poly1d:
        array = call_static(spec, np.asarray, [args[0]], {}, span)
        if isinstance(array, Value) and not isinstance(spec.type(array), Array):
            spec.types[array] = Array(None, None)
        elif not isinstance(spec.type(array), Array):
            return None
        return call_static(spec, np.poly1d, [array, *args[1:]], keywords, span)
    coefficients, variable = (load_attribute(spec, args[0], Const(name), span) for name in ("coeffs", "variable"))
    given = args[2] if len(args) > 2 else keywords.get("variable", variable)  # noqa: PLR2004 - its third parameter
    return call_static(spec, np.poly1d, [coefficients, Const(False), given], {}, span)
