"""What can be said of the values of a type."""

from __future__ import annotations

from diffcompile.analysis.types.lattice import (
    BOTTOM,
    NUMBER,
    RANGE,
    SLICE,
    STRING,
    Array,
    Dct,
    Lst,
    Scalar,
    SliceOf,
    Static,
    Tup,
    Type,
    plain,
)


def is_number(t: Type) -> bool:
    """Tell whether values of this type are surely numbers or arrays."""
    return isinstance(plain(t), Scalar | Array) or t is NUMBER


def is_scalar(t: Type) -> bool:
    """Tell whether values of this type are surely numbers."""
    return isinstance(plain(t), Scalar)


def may_carry_derivative(t: Type) -> bool:
    """Tell whether a value of this type can depend differentiably on anything."""
    t = plain(t)
    match t:
        case Scalar():
            return t.kind in "fc"
        case Array():
            return t.dtype is None or t.dtype.kind in "fcOV"
        case Tup():
            return any(may_carry_derivative(item) for item in t.items)
        case Lst():
            return t.item is BOTTOM or may_carry_derivative(t.item)
        case Dct():
            fields = t.cell.root().fields
            items = [t.cell.root().item] if fields is None else list(fields.values())
            return not items or any(item is BOTTOM or may_carry_derivative(item) for item in items)
        case Static() | SliceOf():
            return False
    return t not in (STRING, SLICE, RANGE, BOTTOM)
