"""Does a value have the type that was inferred for it?"""

from __future__ import annotations

from typing import Any

import numpy as np

from diffcompile.analysis.infer import SliceOf, infer
from diffcompile.analysis.infer.sizes import key_of_length
from diffcompile.analysis.types import (
    ANY,
    BOTTOM,
    NUMBER,
    RANGE,
    SLICE,
    STRING,
    Array,
    Cell,
    Dct,
    Dim,
    Lst,
    Obj,
    Scalar,
    Static,
    Tup,
    Type,
    anchor,
    forget_sizes,
    plain,
    type_of,
)

ORDER = "bifc"
NUMBERS = bool | int | float | complex | np.number | np.bool_


class Mismatch(AssertionError):  # noqa: N818
    """The value is not of the type."""


def given(value: Any, place: Any) -> Type:
    """Return the type that the compiler has for a value that is handed in."""
    if isinstance(value, slice):
        return SliceOf(tuple(literal(part) for part in (value.start, value.stop, value.step)))
    return named(type_of(value, place), place)


def literal(value: Any) -> Type:
    """Return the type that the compiler has for a value that is written out in the program."""
    if isinstance(value, tuple):
        return (
            Tup(tuple(map(literal, value)))
            if any(isinstance(part, slice) for part in value)
            else Static(value)
        )
    if isinstance(value, slice):
        return SliceOf(tuple(literal(part) for part in (value.start, value.stop, value.step)))
    if isinstance(value, np.ndarray | list | dict):
        return given(value, id(value))
    return Static(value)


def named(t: Type, place: Any) -> Type:
    """Give names to sizes and integers, as the compiler does for each value."""
    if isinstance(t, Tup):
        return Tup(tuple(named(item, (place, k)) for k, item in enumerate(t.items)), t.cls)
    return anchor(t, place)


def kind_of(value: Any) -> str:
    """Return the letter of a number's kind."""
    if isinstance(value, bool | np.bool_):
        return "b"
    if isinstance(value, int | np.integer):
        return "i"
    return "f" if isinstance(value, float | np.floating) else "c"


class Sizes:
    """The lengths that keys have been seen to stand for."""

    def __init__(self) -> None:
        self.seen: dict[Any, int] = {}

    def axis(self, key: Any, size: int, where: str) -> None:
        """Note that an axis with this key has this length."""
        if isinstance(key, int):
            require(size == max(key, 0), f"{where}: an axis of length {size} instead of {key}")
        elif key is not None:
            known = self.seen.setdefault(key, size)
            require(known == size, f"{where}: the lengths {known} and {size} have one key {key}")


def require(holds: bool, why: str) -> None:
    """Raise unless it holds."""
    if not holds:
        raise Mismatch(why)


def conforms(value: Any, t: Type, sizes: Sizes, where: str = "result") -> None:
    """Raise Mismatch unless ``value`` may have the type ``t``."""
    wrong = f"{where}: {value!r} ({type(value).__name__}) is not {t!r}"
    match t:
        case _ if t is ANY:
            pass
        case _ if t is NUMBER:
            numeric = isinstance(value, np.ndarray) and value.dtype.kind in "biufc"
            require(numeric or isinstance(value, NUMBERS), wrong)
        case _ if t is STRING:
            require(type(value) is str, wrong)
        case _ if t is RANGE:
            require(type(value) is range, wrong)
        case _ if t is SLICE or isinstance(t, SliceOf):
            require(type(value) is slice, wrong)
        case Scalar():
            scalar_conforms(value, t, sizes, wrong, where)
        case Array():
            array_conforms(value, t, sizes, wrong, where)
        case Tup():
            require(type(value) is (t.cls or tuple) and len(value) == len(t.items), wrong)
            for number, (part, item) in enumerate(zip(value, t.items, strict=True)):
                conforms(part, item, sizes, f"{where}[{number}]")
        case Lst():
            require(type(value) is list, wrong)
            require(bool(value) or not t.cell.root().filled, wrong)
            for part in value:
                require(t.item is not BOTTOM, wrong)
                conforms(part, t.item, Sizes(), f"{where}[...]")
        case Dct():
            require(type(value) is dict, wrong)
        case Static():
            same = type(value) is type(t.value) and (value is t.value or repr(value) == repr(t.value))
            require(same or (isinstance(value, np.dtype) and value == t.value), wrong)
        case Obj():
            require(type(value) is t.cls, wrong)
        case _:
            raise Mismatch(wrong)


def scalar_conforms(value: Any, t: Scalar, sizes: Sizes, wrong: str, where: str) -> None:
    """Check a number."""
    require(isinstance(value, NUMBERS), wrong)
    kind = kind_of(value)
    if t.dtype is None:
        require(not isinstance(value, np.generic) and kind == t.kind, wrong)
    elif t.dtype != "?":
        require(isinstance(value, np.generic) and value.dtype == np.dtype(t.dtype) and kind == t.kind, wrong)
    else:
        require(ORDER.index(kind) <= ORDER.index(t.kind), wrong)
        require(t.kind in "fc" or kind == t.kind, wrong)
        require(t.kind != "f" or not isinstance(value, np.longdouble) or np.longdouble is np.float64, wrong)
    if t.symbol is not None:
        sizes.axis(("integer", t.symbol), int(value), where)
        if value >= 0 or t.symbol == key_of_length(t.symbol):
            sizes.axis(key_of_length(t.symbol), max(int(value), 0), where)


def array_conforms(value: Any, t: Array, sizes: Sizes, wrong: str, where: str) -> None:
    """Check an array."""
    require(type(value) is np.ndarray, wrong)
    if t.dtype is None:
        require(value.dtype.kind in "biufc", wrong)
    else:
        require(value.dtype == t.dtype, wrong)
    if t.dims is None:
        return
    require(value.ndim == len(t.dims), wrong)
    for size, dim in zip(value.shape, t.dims, strict=True):
        require(not dim.not_one or size != 1, f"{wrong}: an axis of length 1 that is said to be none")
        sizes.axis(dim.key, size, where)


def check_call(
    fun: Any, args: tuple[Any, ...], kwargs: dict[str, Any], types: list[Type], keywords: dict[str, Type]
) -> Type:
    """Infer the type of a call, make it, and compare; return the type."""
    sizes = Sizes()
    for number, (value, t) in enumerate(
        zip((*args, *kwargs.values()), (*types, *keywords.values()), strict=True)
    ):
        if not isinstance(value, slice):
            conforms(value, t, sizes, f"argument {number}")
    found = infer(fun, list(types), keywords)
    result = fun(*args, **kwargs)
    conforms(result, found, sizes)
    conforms(result, named(found, "the result"), sizes)
    return found


# -- knowing less ---------------------------------------------------------------------------------------------------


def without_sizes(t: Type) -> Type:
    """Return ``t`` with nothing known of any size: each may be 1 when the program runs."""
    if isinstance(t, Array) and t.dims is not None:
        return Array(t.dtype, (Dim(),) * len(t.dims))
    return t


def without_dtype(t: Type) -> Type:
    """Return ``t`` after it was joined with one of another dtype."""
    if isinstance(t, Array) and (t.dtype is None or t.dtype.kind in "biufc"):
        return Array(None, t.dims)
    if isinstance(t, Scalar):
        return Scalar("c" if t.dtype == "float128" else t.kind, "?", t.symbol)
    return t


def of_wider_kind(t: Type) -> Type:
    """Return ``t`` after a number was joined with a float, or with a complex number."""
    wider = {"b": "f", "i": "f", "f": "c", "c": "c"}
    if isinstance(t, Scalar):
        return Scalar("c" if t.dtype == "float128" else wider[t.kind], "?")
    return without_dtype(t)


def without_rank(t: Type) -> Type:
    """Return ``t`` after an array was joined with one of another rank."""
    return Array(t.dtype, None) if isinstance(t, Array) else without_dtype(t)


def as_number(t: Type) -> Type:
    """Return ``t`` after a number was joined with an array."""
    numeric = isinstance(t, Scalar) or (isinstance(t, Array) and (t.dtype is None or t.dtype.kind in "biufc"))
    return NUMBER if numeric else t


def as_any(t: Type) -> Type:
    """Return what says nothing."""
    return ANY


def not_literal(t: Type) -> Type:
    """Return the type of a variable in place of a number that is written out."""
    return plain(t)


WEAKER = (without_sizes, without_dtype, of_wider_kind, without_rank, as_number, as_any, not_literal)


def weakened(weaken: Any, t: Type, place: Any) -> Type:
    """Apply ``weaken`` to ``t`` and the parts of a tuple, and give names to the sizes again."""
    if isinstance(t, Tup) and weaken is not as_any:
        return Tup(tuple(weakened(weaken, item, (place, k)) for k, item in enumerate(t.items)), t.cls)
    if isinstance(t, Lst) and weaken is not as_any:
        return Lst(Cell(item=forget_sizes(weakened(weaken, t.item, place))))
    return anchor(weaken(t), place)
